"""All answers and all rows of a period, as workbook, CSV or Parquet: what counts, a row each.

People read titles and labels, programs keys and codes (`codes`). What is personal is masked unless
it is asked for. Rows are streamed from the publication; a table is never whole in memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import chain
from pathlib import Path

from converter import kinds
from converter.files import writing
from converter.kinds.base import ValueType
from converter.messages.catalogue import message
from converter.model.forms import Field, Form, Sheet
from converter.register import Snapshot, parquet
from converter.register.schema import name, table_of
from converter.report import large_workbook, table
from converter.report.large_workbook import LongTable
from converter.report.personal import mask_of
from converter.statistics.figure import Cell

SUFFIXES = (".xlsx", ".csv", ".parquet")
# Who sent it, as the register knows it. (What the unit typed stands among the answers.)
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")
_SENDER = ("period", "unit_code", "unit", "superior", "state")


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What is shown how."""

    period: str
    codes: bool = False
    show_ids: bool = False


def tables(register: Snapshot, form: Form, options: ExportOptions) -> list[LongTable]:
    """The units, then the rows of each table. `form` with code lists."""
    return [_table(register, form, options, sheet) for sheet in (form.record, *form.tables)]


def _table(register: Snapshot, form: Form, options: ExportOptions, sheet: Sheet) -> LongTable:
    source = table_of(form, sheet.key)
    known = register.columns(source)
    source += " a JOIN submissions s ON s.id = a.submission"
    fields = [field for field in sheet if field.key in known]
    columns = "".join(f", a.{name(field.key)}" for field in fields)
    # Rows of tables come in the order of publication: sorting millions anew would take the memory.
    order = " ORDER BY u.position, u.code, u.name" if sheet.is_record else ""
    rows = register.stream(
        f"SELECT a.period, u.code, u.name, u.superior, s.state{columns} FROM {source}"
        f" JOIN units_in($1) u ON u.id = a.unit WHERE a.period = $1{order}",
        [options.period],
    )
    count = register.query(f"SELECT count(*) FROM {source} WHERE a.period = ?", [options.period])[
        0
    ][0]
    show: list[Callable[[str], Cell]] = [str] * (len(_SENDER) - 1)
    show.append(str if options.codes else _state)
    show += [_shown(field, form, options) for field in fields]
    if options.codes:
        header = [
            *_SENDER,
            *(f.key if f.key not in _SENDER else f"{sheet.key}_{f.key}" for f in fields),
        ]
    else:
        header = [message(f"export_{key}") for key in _SENDER] + [f.title for f in fields]
    title = sheet.key if options.codes else _title(sheet, form)
    numbers = {
        n: _number_type(field) for n, field in enumerate(fields, len(_SENDER)) if _is_number(field)
    }
    return LongTable(title, header, int(count), _rows(rows, show), numbers)


def _title(sheet: Sheet, form: Form) -> str:
    """What the rows are called; the sheet's own title where two tables' rows are called alike."""
    units = message("export_units")
    names = [units, *(table.rows_name for table in form.tables)]
    name = sheet.rows_name or units
    return name if sheet.is_record or names.count(name) == 1 else sheet.title


def _rows(
    rows: Iterable[Sequence[str | None]], show: Sequence[Callable[[str], Cell]]
) -> Iterator[Sequence[Cell]]:
    for row in rows:
        yield [one(text or "") for one, text in zip(show, row, strict=True)]


def _is_number(field: Field) -> bool:
    return kinds.KINDS[field.kind].value_type.is_a(ValueType.NUMBER)


def _number_type(field: Field) -> str:
    """As DuckDB calls it."""
    places = kinds.KINDS[field.kind].decimal_places(field)
    return f"DECIMAL(21, {places})" if places else "BIGINT"


def _number(text: str) -> Cell:
    if text.isascii() and text.isdecimal():
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _state(state: str) -> str:
    return message(f"receive_state_{state}")


def _shown(field: Field, form: Form, options: ExportOptions) -> Callable[[str], Cell]:
    if _is_number(field):
        return _number
    codes = form.codes.get(str(field.options.get("codes", "")))
    if codes and not options.codes:
        labels = {entry.code: entry.label for entry in codes.entries}
        return lambda text: labels.get(text, text)
    return str if options.show_ids else mask_of(field, form)


# --- files -----------------------------------------------------------------------------------


def write(path: Path, found: Sequence[LongTable], *, when: int) -> dict[Path, Path]:
    """Write tables as the kind of file that the name asks for, beside what is there already; one
    file a table where the kind holds one only. Returns the names that files were to get, and the
    files. Raises OSError."""
    if path.suffix.lower() == ".xlsx":
        whole = partial(large_workbook.write, tables=found, when=when)
        return {path: writing.write_beside(path, whole)}
    write_one = _write_parquet if path.suffix.lower() == ".parquet" else _write_csv
    names = [path.with_name(f"{path.stem}-{one.title}{path.suffix}") for one in found]
    return {
        name: writing.write_beside(name, partial(write_one, one))
        for name, one in zip(names, found, strict=True)
    }


def _write_csv(one: LongTable, path: Path) -> None:
    writing.write_bytes_atomically(
        path, table.csv_rows(chain([one.header], one.rows)), private=True
    )


def _write_parquet(one: LongTable, path: Path) -> None:
    parquet.write(path, one.header, one.numbers, one.rows)
