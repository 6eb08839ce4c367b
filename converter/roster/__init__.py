"""The officer's roster: which units there are. A spreadsheet, defined and checked like a form.

`read` gives its units and what is wrong at which cell, `definition` the form it is read by;
`blank` writes an empty one.
"""

from converter.forms.roster import definition

__all__ = ["definition"]
