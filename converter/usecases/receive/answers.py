"""What goes back to the units: a folder a unit, one row a file, and a sheet for mail merge.

    reply/各单位/<union>/<code name>/   receipts (page and JSON) and marked copies of what it sent
    reply/逐份结果.xlsx, .csv            every file of the period and what became of it
    reply/邮件合并.xlsx                  a row a unit: whom to write to, the outcome, what to attach

The folders hold hard links to what lies at the files' own paths: nothing takes room twice. A list
in which somebody has typed since is left alone, and the new one gets a number.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from converter.files import safe_names, writing
from converter.files.os_errors import is_open_elsewhere
from converter.messages.catalogue import message, rows_params
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.register import Register, audit
from converter.register.precedence import COUNTING
from converter.report import large_workbook, receipt_page, reply_files, table
from converter.report.large_workbook import LongTable
from converter.report.reply_files import remove_closed
from converter.statistics.reminders import split_contact
from converter.text import characters

# Every file of a period, and a row without one for each unit that owes. Units stand in the roster's
# order, behind them those that it does not list, files in order of arrival. (No window and no
# aggregate: millions of rows are put in order on the disk.)
_LISTED = """
SELECT superior, code, name, contact, phone, file, state, reason, result, members, errors, warnings,
    received, period, claimed_period
FROM (
    SELECT coalesce(u.position, 0) AS position, coalesce(u.superior, s.superior) AS superior,
        coalesce(u.code, s.unit_code) AS code, s.unit, s.id,
        coalesce(nullif(u.name, ''), s.unit_name) AS name, coalesce(u.contact, '') AS contact,
        coalesce(u.phone, '') AS phone, s.file, s.state, s.reason, s.result, s.members, s.errors,
        s.warnings, s.received, s.period, s.claimed_period
    FROM submissions s LEFT JOIN units_in($1) u ON u.id = s.unit WHERE s.period = $1
    UNION ALL BY NAME
    SELECT r.position, r.superior, r.code, r.name, r.contact, r.phone
    FROM roster_of($1) r WHERE r.owes AND NOT EXISTS (SELECT 1 FROM submissions s
        JOIN units u ON u.id = s.unit WHERE u.code = r.code AND s.period = $1))
ORDER BY position = 0, position, superior, code, unit, name, id
"""


_OF_UNIT = 5  # columns


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the period, and what became of it."""

    name: str
    state: str
    reason: str
    result: str
    members: int
    errors: int
    warnings: int
    received: str
    period: str
    claimed_period: str

    @property
    def params(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "reason": self.reason,
            "members": self.members,
            "errors": self.errors,
            "warnings": self.warnings,
            "period": self.period,
            "claimed_period": self.claimed_period,
        }


@dataclass(slots=True)
class _Unit:
    """A unit and its files, in order of arrival."""

    superior: str
    code: str
    name: str
    contact: str
    phone: str
    files: list[_File] = field(default_factory=list)

    @property
    def decisive(self) -> _File | None:
        """The file that counts, else the last that came."""
        counting = [one for one in self.files if one.state in COUNTING]
        return next(reversed(counting or self.files), None)


def write(register: Register, reply: Path, period: str) -> dict[str, str]:
    """Write all of it; returns the lists' names with their SHA-256, for the log. Raises OSError."""
    folder = reply / message("units_folder")
    lists = {}
    with register.kept(_LISTED, [period]) as rows:
        units, files = 0, 0
        for unit in _units(rows()):
            units += bool(unit.name)
            files += len(unit.files)
            if unit.name and unit.files:
                _link(folder / _folder_of(folder, unit), _replies(reply, unit))
        known = known_lists(register.folder)
        for path, found in _lists(reply, lambda: _units(rows()), units, files, register.form):
            written = write_list(path, partial(_write_table, found, path.suffix), known)
            lists[written.name] = writing.digest_of(written)
    return lists


def known_lists(store: Path) -> set[str]:
    """SHA-256 of every list that was written for a register: in any other somebody has typed."""
    return {
        str(digest)
        for entry in audit.read(store)
        for digest in entry.details.get("lists", {}).values()
    }


def _units(rows: Iterable[tuple[Any, ...]]) -> Iterator[_Unit]:
    """Unit by unit, of rows as `_LISTED` has them."""
    for _, of_unit in groupby(rows, key=itemgetter(0, 1, 2)):
        unit: _Unit | None = None
        for row in of_unit:
            unit = unit or _Unit(*row[:_OF_UNIT])
            if row[_OF_UNIT] is not None:
                unit.files.append(_File(*row[_OF_UNIT:]))
        if unit:
            yield unit


# --- folders ---------------------------------------------------------------------------------


def _folder_of(folder: Path, unit: _Unit) -> str:
    """Names come from files of strangers: none leads out of the folder."""
    names = (unit.superior, " ".join(filter(None, (unit.code, unit.name))))
    parts = list(filter(None, map(_shown, names)))
    return safe_names.below(str(folder), "/".join(parts), "")


def _shown(name: str) -> str:
    return safe_names.harmless(characters.without_invisible(name))


def _replies(reply: Path, unit: _Unit) -> Iterator[Path]:
    """What was written for the unit's files, as far as it is there."""
    for one in unit.files:
        for path in (
            reply_files.receipt_page(reply, one.name),
            reply_files.receipt(reply, one.name),
            reply_files.annotated(reply, one.name),
        ):
            if path.is_file():
                yield path


def _link(folder: Path, paths: Iterable[Path]) -> None:
    """Have a folder hold these files, and no reply of before that is none of them."""
    wanted: dict[str, Path] = {}
    for path in paths:
        name, number = path.name, 2
        while name in wanted:
            name, number = f"{path.stem}-{number}{path.suffix}", number + 1
        wanted[name] = path
    writing.private_folder(folder)
    before = set(os.listdir(folder))  # noqa: PTH208 - names alone, of thousands of folders
    for name, path in wanted.items():
        target = folder / name
        if before and target.exists():
            if target.samefile(path):
                continue
            if list(remove_closed([target])):  # the next run gives this one its own name
                target = safe_names.reply_beside(target, 2)
                list(remove_closed([target]))
        try:
            os.link(path, target)
        except OSError:  # sticks know no links
            shutil.copy2(path, target)
    prefixes = tuple(f"{message(key)}-" for key in ("receipt_prefix", "annotated_suffix"))
    for old in before - wanted.keys():
        if old.startswith(prefixes):
            list(remove_closed([folder / old]))


# --- lists -----------------------------------------------------------------------------------


def _lists(
    reply: Path, units: Callable[[], Iterator[_Unit]], named: int, files: int, form: Form
) -> Iterator[tuple[Path, LongTable]]:
    """`units` are read anew for each list; so many of them have a name, and so many files."""
    outcomes, merge = message("outcomes_file"), message("merge_file")
    words = rows_params(form.main_table)
    columns = [message(key, **words) for key in _OUTCOME_COLUMNS]
    yield reply / f"{outcomes}.xlsx", LongTable(outcomes, columns, files, _outcomes(units()))
    yield reply / f"{outcomes}.csv", LongTable(outcomes, columns, files, _outcomes(units()))
    columns = list(map(message, _MERGE_COLUMNS))
    yield reply / f"{merge}.xlsx", LongTable(merge, columns, named, _merge(reply, units()))


_OUTCOME_COLUMNS = (
    "outcomes_superior", "outcomes_code", "outcomes_unit", "outcomes_file_column",
    "outcomes_state", "outcomes_result", "outcomes_members", "outcomes_errors",
    "outcomes_warnings", "outcomes_received", "outcomes_sentence",
)  # fmt: skip
_MERGE_COLUMNS = (
    "merge_code", "merge_unit", "merge_superior", "merge_contact", "merge_phone", "merge_outcome",
    "merge_sentence", "merge_attachments",
)  # fmt: skip


def _outcomes(units: Iterable[_Unit]) -> Iterator[Sequence[str | int]]:
    for unit in units:
        for one in unit.files:
            yield (
                unit.superior, unit.code, unit.name, one.name,
                message(f"receive_state_{one.state}"), message(f"receive_result_{one.result}"),
                one.members, one.errors, one.warnings, in_china(one.received),
                receipt_page.advice(one.params),
            )  # fmt: skip


def _merge(reply: Path, units: Iterable[_Unit]) -> Iterator[Sequence[str | int]]:
    for unit in units:
        if not unit.name:
            continue
        one = unit.decisive
        outcome = message(f"receive_state_{one.state}" if one else "summary_missing_all")
        attached = list(_attached(reply, one)) if one else []
        copy = attached[-1].name if len(attached) > 1 else ""
        sentence = receipt_page.advice(one.params, copy) if one else message("advice_missing")
        paths = ";".join(str(path.resolve()) for path in attached)
        contact = split_contact(unit.contact, unit.phone)
        yield unit.code, unit.name, unit.superior, *contact, outcome, sentence, paths


def _attached(reply: Path, one: _File) -> Iterator[Path]:
    for path in (reply_files.receipt_page(reply, one.name), reply_files.annotated(reply, one.name)):
        if path.is_file():
            yield path


def _write_table(found: LongTable, suffix: str, target: Path) -> None:
    if suffix == ".xlsx":
        large_workbook.write(target, [found], when=0)
    else:
        rows = table.csv_rows(chain([found.header], found.rows))
        writing.write_bytes_atomically(target, rows, private=True)


def write_list(path: Path, write_to: Callable[[Path], object], known: set[str]) -> Path:
    """Write a list in place of a known one, else beside it: also where another program has it
    open. Raises OSError."""
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    fresh = writing.private_name(path.parent)
    try:
        write_to(fresh)
        place = _place(path, known | {writing.digest_of(fresh)})
        if place.exists():
            try:
                writing.replace_durably(fresh, place)
                return place
            except OSError as error:
                if not is_open_elsewhere(error):
                    raise
        return writing.write_beside(place, fresh.replace)
    finally:
        fresh.unlink(missing_ok=True)


def _place(path: Path, known: set[str]) -> Path:
    """The first of the names 名.csv, 名-2.csv … under which no list stands that is not known."""
    place, number = path, 2
    while place.is_file() and writing.digest_of(place) not in known:
        place, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return place
