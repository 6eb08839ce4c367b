"""Correcting a workbook on a page: its faulty rows and items as a table, each cell checked again by
the same pipeline when it is left. Knows nothing of the portal, so that any page of ours can use it.

A page that wants it needs four things:

1. a worker that runs `workers.requests.corrections.CorrectionRequest` with the files and
   `Edits.all`: its answer has the `CorrectionTable` to show, and with `corrected` it writes the
   corrected workbook (the original is never touched);
2. an `Edits` for each workbook, and `fields.edits_of` for what a form sends: `Edits.add` before the
   worker runs, `Edits.settle` with its answer;
3. `correcting.html.j2`: the macro `correcting(table, action, token)` is the whole form. Sent with
   the header `x-fragment` the answer is that form alone, else a page or a redirect to one;
4. `correcting.js` beside the page: it sends a cell when it is left and puts the answer in place.
   Without it the form's button does the same for all cells. A page that is closed sends what was
   typed and not sent yet, with `LEAVE`: nobody waits for an answer.
"""

from converter.web.correcting.edits import Edits, EditsFull
from converter.web.correcting.fields import FRAGMENT, LARGEST, LEAVE, edits_of, name_of

__all__ = ["FRAGMENT", "LARGEST", "LEAVE", "Edits", "EditsFull", "edits_of", "name_of"]
