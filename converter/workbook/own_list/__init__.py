"""A list that is no template of ours (an HR department's, a roster by workshop) → members.

Sheets are cut into `blocks` at their heading rows; `columns` tells which column is which field, by
its heading or by what stands in it; `reading` takes the people over and accounts for every ID
number that it did not take. The words for headings stand on the form's cards (`aliases`, `near`,
`doubtful`).
"""

from converter.workbook.own_list.reading import ReadList, read_list, try_reading

__all__ = ["ReadList", "read_list", "try_reading"]
