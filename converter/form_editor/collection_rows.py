"""What the collection of a form counts, a row a thing on a sheet of its own: by what it groups,
what it sums, what it compares with the period before, and its rate.

The files hold them as lists in `[statistics.collection]`; between the two, the rows of the sheet
about the form as a whole have a cell each. A list that cannot be rows (a text, a number in it) is
one row with all of it as TOML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter.form_editor import cell_values
from converter.form_editor.columns import COLLECTION, COLLECTION_LISTS, FILE, KEY, OTHER, VALUE
from converter.model.errors import FormError, quoted
from converter.model.forms import SheetShape

if TYPE_CHECKING:
    from converter.form_editor.rows import EditorRow

PREFIX = "statistics.collection."
USE, FIELD, WHOLE, LABEL, LEAST = "use", "field", "whole", "label", "at_least"


def split(form: Sequence[EditorRow], tables: Sequence[EditorRow]) -> list[EditorRow]:
    """The rows of the sheet, from those of the form as a whole."""
    known = {row[KEY].removeprefix(PREFIX): row for row in form if row[KEY].startswith(PREFIX)}
    made: list[EditorRow] = []
    for use, holds in COLLECTION_LISTS.items():
        row = known.get(use)
        if row is None or not row[VALUE]:
            continue
        parts = list(_cells(use, cell_values.read(row[VALUE], holds), _record(tables)))
        if cell_values.shown(_value(use, parts, _others(tables)), holds) != row[VALUE]:
            parts = [{OTHER: row[VALUE]}]
        shown = cell_values.shown(use, "collection_use")
        for number, cells in enumerate(parts, 1):
            filled = {key: text for key, text in cells.items() if text}
            origin = f"{row.origin}#{number}"
            made.append(replace(row, cells={USE: shown} | filled, origin=origin, holds={}))
    return made


def join(
    form: Sequence[EditorRow], parts: Sequence[EditorRow], tables: Sequence[EditorRow]
) -> list[EditorRow]:
    """The rows of the form as a whole with the lists that the parts make."""
    left = [row for row in form if row[KEY].removeprefix(PREFIX) not in COLLECTION_LISTS]
    for use, holds in COLLECTION_LISTS.items():
        own = [row.cells for row in parts if use_of(row) == use]
        whole = next((cells[OTHER] for cells in own if cells.get(OTHER)), None)
        if whole is None and own:
            whole = cell_values.shown(_value(use, own, _others(tables)), holds)
        if whole:
            key = f"{PREFIX}{use}"
            left.append(replace(parts[0], cells={KEY: key, VALUE: whole}, origin=key, number=0))
    return left


def use_of(row: EditorRow) -> str:
    return str(cell_values.read(row[USE], "collection_use")) if row[USE] else ""


def _record(tables: Sequence[EditorRow]) -> str:
    """The key of the table with one item a line."""
    shapes = ((row[FILE], cell_values.read(row["sheet.shape"] or "-", "shape")) for row in tables)
    return next((key for key, shape in shapes if shape == SheetShape.RECORD), "")


def _others(tables: Sequence[EditorRow]) -> set[str]:
    """The keys of the tables that are not that one, whose own name may be what is wrong."""
    return {row[FILE] for row in tables} - {_record(tables)}


def _cells(use: str, value: Any, record: str) -> Iterator[dict[str, str]]:
    if use == "rate":
        yield _rate(value)
        return
    for one in value if isinstance(value, list) else ():
        if isinstance(one, Mapping):
            least = cell_values.shown(one.get("at_least"), "number")
            yield {FIELD: str(one.get("field", "")), LEAST: least}
        else:
            yield {FIELD: f"{record}.{one}" if use == "by" else str(one)}


def _rate(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    keys = {"label": LABEL, "part": FIELD, "whole": WHOLE}
    return {cell: str(value.get(key, "")) for key, cell in keys.items()}


def _value(use: str, parts: Sequence[Mapping[str, str]], others: Set[str]) -> Any:
    """The list, or the rate, that rows make."""
    made = [_entry(use, cells, others) for cells in parts]
    return made[0] if use == "rate" and len(made) == 1 else made


def _entry(use: str, cells: Mapping[str, str], others: Set[str]) -> Any:
    path = cell_values.read(cells.get(FIELD) or " ", "field_path")
    if use == "by":
        sheet, _, key = path.partition(".")
        return key if key and sheet not in others else path
    if use == "rate":
        whole = cell_values.read(cells.get(WHOLE) or " ", "field_path")
        return {"label": cells.get(LABEL, ""), "part": path, "whole": whole}
    if use == "jump_fields" and cells.get(LEAST, "").strip():
        return {"field": path, "at_least": cell_values.read(cells[LEAST], "number")}
    return path


def row_of(fault: FormError, parts: Sequence[EditorRow]) -> tuple[EditorRow | None, str]:
    """The row of a fault in these lists, and the key of its column. What is wrong with an entry of
    a list is told by its text.

    >>> row_of(FormError("form.toml", "statistics.collection.rate.whole", "form_missing"), [])
    (None, 'whole')
    """
    use, _, inner = fault.key.removeprefix(PREFIX).partition(".")
    use, _, number = use.partition("[")
    own = [row for row in parts if use_of(row) == use]
    text = fault.found.strip('"')
    named = [row for row in own if text and text in (row[FIELD], row[FIELD].partition(".")[2])]
    at = int(number.rstrip("]")) - 1 if number else 0
    column = {"label": LABEL, "whole": WHOLE, "at_least": LEAST}.get(inner, FIELD)
    if named and not number and column == FIELD:
        return named[0], column
    return own[at] if at < len(own) else None, column


def is_in_rows(key: str) -> bool:
    """Whether a fault's key is about one of these lists."""
    use = key.removeprefix(PREFIX).partition(".")[0].partition("[")[0]
    return key.startswith(PREFIX) and use in COLLECTION_LISTS


def unknown_uses(parts: Sequence[EditorRow]) -> Iterator[FormError]:
    """Rows that do not say what they are for."""
    known = list(cell_values.choice_labels("collection_use"))
    for number, row in enumerate(parts, 1):
        if use_of(row) not in known:
            wrong = "form_no_use" if row[USE] else "form_missing"
            place, found = f"part[{number}].{USE}", quoted(row[USE] or None)
            yield FormError(COLLECTION, place, wrong, found=found, choices=known)
