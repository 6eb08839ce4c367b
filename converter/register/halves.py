"""Two files that are one submission: one has the unit's sheet alone, the other the members'.

They belong together by the unit's code, else by their names (the unit's name or code in the name of
the other file, or names that differ in words for the sheets alone), else because their folder holds
just these two, unless their names speak of two units. What may belong to several, or may not belong
together, is left to a person.

>>> unit = FileHalf(1, "a/示例厂-单位表.xlsx", "c1", True)
>>> members = FileHalf(2, "b/示例厂会员.xlsx", "c2", False)
>>> [(one.unit.number, one.members.number) for one in pair([unit, members]).pairs]
[(1, 2)]
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import PurePosixPath
from typing import NamedTuple

from converter.messages.catalogue import message
from converter.register.precedence import PAIRED
from converter.register.schema import HALVES, RegisterTables
from converter.text.characters import plain_name

_YEAR = re.compile("[0-9]+年?度?")


@cache
def _sheet_name_pattern() -> re.Pattern[str]:
    """What names of files say of the sheet that they hold, not of the unit."""
    return re.compile(rf"{message('half_sheet_words')}|[\s_.()（）+-]")


@dataclass(frozen=True, slots=True)
class FileHalf:
    """A file that has one of the two sheets, as it was registered."""

    number: int
    file: str
    content: str
    has_unit: bool  # its sheet is the unit's; else the members'
    code: str = ""
    name: str = ""
    is_new: bool = True  # belongs to no pair so far

    @property
    def folder(self) -> str:
        return self.file.rpartition("/")[0]


class Pair(NamedTuple):
    """Two halves of one submission."""

    unit: FileHalf
    members: FileHalf

    @property
    def file(self) -> str:
        return f"{self.unit.file} + {self.members.file}"

    @property
    def content(self) -> str:
        """Stands for the bytes of both."""
        return sha256(f"{self.unit.content}+{self.members.content}".encode()).hexdigest()


class Pairing(NamedTuple):
    """What belongs together, and what is left: each with the files it may belong to."""

    pairs: Sequence[Pair]
    left: Sequence[tuple[FileHalf, Sequence[FileHalf]]]


def pair(halves: Sequence[FileHalf]) -> Pairing:
    """Find what belongs together. A half that has its other half already takes part only where
    the other one came anew."""
    left = {half.number: half for half in _newest(halves)}
    pairs: list[Pair] = []
    doubtful: dict[int, list[FileHalf]] = {}
    names = [plain_name(half.name) for half in left.values() if half.has_unit and half.name]
    rules: tuple[Callable[[FileHalf], str], ...] = (
        lambda half: half.code,
        lambda half: _named(half, names),
        lambda half: _plain(half.file),
        lambda half: f"{half.folder}/",
    )
    for number, key in enumerate(rules, 1):
        by_folder = number == len(rules)
        groups: dict[str, list[FileHalf]] = defaultdict(list)
        for half in left.values():
            if key(half):
                groups[key(half)].append(half)
        for group in groups.values():
            units = [half for half in group if half.has_unit]
            members = [half for half in group if not half.has_unit]
            if not units or not members or not any(half.is_new for half in group):
                continue
            found = Pair(units[0], members[0])
            agree = _agree(*found)
            doubt = len(group) > 2 or (agree and by_folder and not _alike(*found))
            if agree and not doubt:
                pairs.append(found)
            elif doubt:
                for half in group:
                    doubtful[half.number] = units if half in members else members
            else:
                continue
            for half in group:
                del left[half.number]
    alone: list[tuple[FileHalf, Sequence[FileHalf]]] = [
        (half, []) for half in left.values() if half.is_new
    ]
    unsure = [(half, doubtful[half.number]) for half in halves if half.number in doubtful]
    return Pairing(pairs, [*alone, *((half, others) for half, others in unsure if half.is_new)])


def _newest(halves: Iterable[FileHalf]) -> list[FileHalf]:
    """Without the same file under another name, and without what a newer version of a file under
    the same name has replaced."""
    by_file = {half.file: half for half in halves}
    by_content = {half.content: half for half in reversed(list(by_file.values()))}
    return sorted(by_content.values(), key=lambda half: half.number)


def _agree(unit: FileHalf, members: FileHalf) -> bool:
    """Whether neither says that they are of two units."""
    codes = {half.code for half in (unit, members) if half.code}
    names = {plain_name(half.name) for half in (unit, members) if half.name}
    return len(codes) < 2 and len(names) < 2


def _alike(unit: FileHalf, members: FileHalf) -> bool:
    """Whether the names of the files may speak of one unit: 甲单位.xlsx and 乙会员.xlsx do not."""
    one, other = (_YEAR.sub("", _plain(half.file)) for half in (unit, members))
    return one in other or other in one


def _named(half: FileHalf, names: Sequence[str]) -> str:
    """The unit that a half names: in it, or in the name of its file."""
    if half.name:
        return plain_name(half.name)
    file = plain_name(half.file)
    found = [name for name in names if name in file]
    return found[0] if len(set(found)) == 1 else ""


def _plain(file: str) -> str:
    """A file's name without the words for its sheet."""
    return _sheet_name_pattern().sub("", plain_name(PurePosixPath(file).stem).casefold())


def read(tables: RegisterTables, anew: Collection[int] = ()) -> list[FileHalf]:
    """The halves of a register. Whom an officer assigned one to is its unit. `anew`: submissions
    that are validated once more; their halves are as new."""
    rows = tables.query(
        "SELECT s.id, s.file, s.content, s.unit_sheet <> '', coalesce(nullif(u.code, ''),"
        f" s.unit_code), s.unit_name, s.result <> '{PAIRED}'"
        " OR s.other IN (SELECT unnest(?::BIGINT[])) FROM submissions s"
        f" LEFT JOIN units u ON u.id = s.unit WHERE {HALVES} OR s.result = '{PAIRED}'"
        " ORDER BY s.id",
        [list(anew)],
    )
    return [FileHalf(*row) for row in rows]
