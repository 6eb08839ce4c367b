"""What every free text has to fear: formulas, private-use characters, endless length.

A value that begins with = + - @ (or their full-width forms), even behind spaces, is run as a
formula by the next spreadsheet that opens it: K007. Characters of the private-use areas show
only in the font that invented them: K006. A limit keeps slips of the clipboard out: K008.
No kind itself; the kinds that hold free text draw their checks from chosen.

>>> [starts_like_formula(t) for t in ("＝1+1", " =1", "1=1", "")]
[True, True, False, False]
>>> bool(PRIVATE_USE.search("\\ue123"))
True
"""

from __future__ import annotations

import re

from converter.formulas import expressions
from converter.kinds.base import Check, ExcelCondition, failing, matches_at, texts, where
from converter.model.arrays import np
from converter.model.errors import option_error
from converter.model.forms import Form
from converter.text.characters import strip

TRIGGERS = "=+-@＝＋－＠"

_TRIGGER = re.compile(f"[{re.escape(TRIGGERS)}]")
PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


def starts_like_formula(text: str) -> bool:
    first = strip(text)[:1]
    return first != "" and first in TRIGGERS


def accept(form: Form, limit: str) -> None:
    """Refuse a form without the limit. Raises FormError."""
    if limit not in form.limits:
        raise option_error("kind", "form_limit", limit=limit)


def formula() -> Check:
    return failing(
        "K007",
        lambda cells: matches_at(cells.text, where(cells.text, _TRIGGER), starts_like_formula),
    )


def private() -> Check:
    return failing(
        "K006", lambda cells: matches_at(cells.text, where(cells.text, PRIVATE_USE), bool)
    )


def too_long(form: Form, limit: str) -> Check:
    """Counts characters; a spreadsheet counts a rare one as two, so it has no such check."""
    most = form.limits[limit]
    return failing(
        "K008",
        lambda cells: np.fromiter(
            (len(t) > most for t in texts(cells.text)), bool, len(cells.text)
        ),
    )


def excel_formula(raw: str) -> ExcelCondition:
    first = f"LEFT({expressions.without_whitespace(raw)},1)"
    # Nothing is found everywhere; but a blank cell is never asked.
    return ExcelCondition("K007", f"ISNUMBER(FIND({first},{expressions.quote(TRIGGERS)}))")
