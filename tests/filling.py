"""The form's own template filled in, as Excel stores it after the clerk has saved.

Every formula has a value that was computed, formulas that are filled down are shared, texts stand
in the table of shared strings, and the calculation chain names every formula. openpyxl writes none
of this, and takes a minute for what is written here in a second: a hundred thousand members.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from converter.forms import loading
from converter.model.forms import Form
from converter.model.issues import column_letters
from converter.template.labels import VERDICT_END
from converter.template.layout import MemberLayout, UnitLayout
from tests.opened import rendered
from tests.people import UNIT

FORM: Form = loading.load(loading.form_dir())
PATTERN_ROWS = 3  # prepared in the template that the rows are copied from
UNIT_PART, MEMBER_PART = "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml"
STRINGS_PART, CHAIN_PART = "xl/sharedStrings.xml", "xl/calcChain.xml"
A_CHUNK = 5_000  # rows written at once
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

_CELL = re.compile(r'<c r="([A-Z]+)([0-9]+)"((?: s="[0-9]+")?)[^>]*?(?:/>|>(.*?)</c>)', re.DOTALL)
_INLINE = re.compile(r'<c( r="[A-Z]+[0-9]+"(?: s="[0-9]+")?) t="inlineStr"><is><t[^>]*>(.*?)</t></is></c>', re.DOTALL)  # fmt: skip
_FORMULA = re.compile(r"<f[^>]*?(?:/>|>[^<]*</f>)")
_RELATIVE = re.compile(r"(?<![A-Za-z0-9_$])(\$?[A-Z]{1,3})5(?![0-9(])")


@dataclass(frozen=True)
class Member:
    """A member as typed. What 核对 says is no more than the computed text of a formula."""

    name: str
    id_number: str
    joined: date | str | int | None = None
    verdict: str = ""


@dataclass(frozen=True)
class Program:
    """What a spreadsheet program does to the file on saving it."""

    shared: bool = True  # keeps shared formulas; LibreOffice spells every formula out
    chain: bool = True  # writes the calculation chain
    strings: bool = True  # keeps texts in a table; some exporters write them into their cells


EXCEL = Program()
WPS = Program(chain=False)
LIBREOFFICE = Program(shared=False, chain=False)
EXPORTER = Program(chain=False, strings=False)


def write(
    path: Path,
    members: Iterable[Member],
    *,
    prepared: int,
    unit: Mapping[str, Any] | None = None,
    program: Program = EXCEL,
    compresslevel: int = 6,
) -> Path:
    """A workbook with the unit's answers by title and its members. The first `prepared` rows
    have the template's formulas, blank ones too; members below them are typed alone."""
    made = _template()
    answers = dict(UNIT if unit is None else unit)
    people = list(members)
    sheet = _MemberSheet(made[MEMBER_PART], program, prepared, len(people))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=compresslevel) as archive:

        def put(name: str, *pieces: str) -> None:
            _put(archive, name, pieces)

        put("[Content_Types].xml", _types(made["[Content_Types].xml"], program))
        for name, xml in made.items():
            if name == MEMBER_PART:
                _put(archive, name, sheet.pieces(people))
            elif name == UNIT_PART:
                put(name, sheet.strings.share(_unit(xml, answers)))
            elif name.startswith("xl/worksheets/"):
                put(name, sheet.strings.share(xml))
            elif name == "xl/_rels/workbook.xml.rels":
                put(name, _links(xml, program))
            elif name != "[Content_Types].xml":
                put(name, xml)
        if program.strings:
            put(STRINGS_PART, *sheet.strings.table())
        if program.chain:
            put(CHAIN_PART, *sheet.chain())
    return path


@cache
def _template() -> dict[str, str]:
    made = BytesIO(rendered(FORM, rows=PATTERN_ROWS))
    with zipfile.ZipFile(made) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def _put(archive: zipfile.ZipFile, name: str, pieces: Iterable[str]) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info._compresslevel = archive.compresslevel  # type: ignore[attr-defined]
    with archive.open(info, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece.encode())


# --- sheets ------------------------------------------------------------------------------


class _Strings:
    """The table of shared strings; without one, texts stand in their cells."""

    def __init__(self, kept: bool) -> None:
        self.kept, self.numbers = kept, dict[str, int]()

    def cell(self, text: str) -> str:
        """The end of a cell: its type and value."""
        if not self.kept:
            return f' t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        return f' t="s"><v>{self.numbers.setdefault(text, len(self.numbers))}</v></c>'

    def share(self, xml: str) -> str:
        if not self.kept:
            return xml
        from html import unescape

        return _INLINE.sub(lambda found: f"<c{found[1]}{self.cell(unescape(found[2]))}", xml)

    def table(self) -> Iterator[str]:
        count = len(self.numbers)
        yield f'<sst xmlns="{MAIN}" count="{count}" uniqueCount="{count}">'
        yield "".join(f"<si><t>{escape(text)}</t></si>" for text in self.numbers)
        yield "</sst>"


class _MemberSheet:
    def __init__(self, xml: str, program: Program, prepared: int, count: int) -> None:
        self.strings = _Strings(program.strings)
        self.layout = MemberLayout(FORM.main_table, prepared)
        self.prepared = prepared
        rows = {
            int(row[1]): row for row in re.finditer(r'<row r="([0-9]+)".*?</row>', xml, re.DOTALL)
        }
        self.first, last = rows[self.layout.FIRST_ROW], rows[self.layout.HEADING_ROW + PATTERN_ROWS]
        lowest = self.layout.HEADING_ROW + max(prepared, count)
        head = re.sub(r'(<dimension ref="A1:[A-Z]+)[0-9]+', rf"\g<1>{lowest}", xml, count=1)
        self.head, self.tail = (
            self.strings.share(head[: head.index('<row r="5"')]),
            xml[last.end() :],
        )
        self.columns = [cell[1] for cell in _CELL.finditer(last[0]) if "<f" in (cell[4] or "")]
        self.looks = {
            column: style
            for style, first, end in re.findall(
                r'<col [^>]*style="([0-9]+)" min="([0-9]+)" max="([0-9]+)"', xml
            )
            for column in range(int(first), int(end) + 1)
        }
        self.pattern, self.typed = self._pattern(last[0], program)

    def pieces(self, members: Sequence[Member]) -> Iterator[str]:
        yield self.head
        first = self.layout.FIRST_ROW
        for start in range(0, len(members), A_CHUNK):
            chunk = members[start : start + A_CHUNK]
            yield "".join(self._row(n, member) for n, member in enumerate(chunk, first + start))
        for blank in range(first + len(members), self.layout.last_row + 1):
            yield self._row(blank, None)
        yield self.tail

    def chain(self) -> Iterator[str]:
        yield f'<calcChain xmlns="{MAIN}">'
        for row in range(self.layout.FIRST_ROW, self.layout.last_row + 1):
            yield "".join(f'<c r="{letters}{row}" i="3"/>' for letters in self.columns)
        yield "</calcChain>"

    def _row(self, row: int, member: Member | None) -> str:
        prepared = row <= self.layout.last_row
        text = (self.pattern if prepared else self.typed) % self._values(row, member)
        return self._with_first_formulas(text) if row == self.layout.FIRST_ROW else text

    def _values(self, row: int, member: Member | None) -> dict[str, Any]:
        if member is None:
            return {
                "r": row, "n": row - self.layout.HEADING_ROW, "name": "/>", "id": "/>",
                "joined": "/>", "text": "", "filled": 0, "number": "", "sex": "", "code": "",
                "born": "", "is": "str", "day": "", "day_is": "str", "verdict": VERDICT_END,
            }  # fmt: skip
        id_number, joined = member.id_number, member.joined
        plain = len(id_number) == 18 and id_number[:17].isdigit() and not member.verdict
        woman = plain and int(id_number[16]) % 2 == 0
        born = _serial(id_number[6:14]) if plain else None
        day = (joined - date(1899, 12, 30)).days if isinstance(joined, date) else joined
        return {
            "r": row,
            "n": row - self.layout.HEADING_ROW,
            "name": self.strings.cell(member.name) if member.name else "/>",
            "id": self.strings.cell(id_number) if id_number else "/>",
            "joined": "/>" if day is None else self.strings.cell(day) if isinstance(day, str) else f"><v>{day}</v></c>",
            "text": escape(member.name), "filled": 1, "number": id_number,
            "sex": ("女" if woman else "男") if plain else "",
            "code": ("2" if woman else "1") if plain else "",
            "born": born or "", "is": "n" if born else "str",
            "day": day if isinstance(day, int) else "", "day_is": "n" if isinstance(day, int) else "str",
            "verdict": escape(member.verdict) + VERDICT_END,
        }  # fmt: skip

    def _pattern(self, row: str, program: Program) -> tuple[str, str]:
        """A row of the template with a place for each value; and one without formulas."""
        values = self._places()
        keys = {column_letters(c): key for key, c in self.layout.columns.items()}
        entries = {"name": "name", "id_number": "id", "joined_on": "joined"}
        texts = {cell[1]: cell[4] for cell in _CELL.finditer(self.first[0])}
        cells = {cell[1]: (cell[3], cell[4]) for cell in _CELL.finditer(row)}
        for key in entries:  # a blank row leaves them out: they take the looks of their column
            column = self.layout.columns[key]
            cells.setdefault(column_letters(column), (f' s="{self.looks[column]}"', ""))
        whole, typed = [], []
        for letters in sorted(cells, key=lambda letters: (len(letters), letters)):
            style, content = cells[letters]
            start = f'<c r="{letters}%(r)s"{style}'
            key = keys.get(letters, "")
            if key in entries:
                whole.append(f"{start}%({entries[key]})s")
                typed.append(whole[-1])
            elif letters in values:
                kind, value = values[letters]
                shared = _FORMULA.search(content)
                assert shared
                formula = shared[0].replace("%", "%%").replace(" />", "/>")
                if not program.shared:
                    formula = _spelled_out(texts[letters])
                whole.append(f'{start} t="{kind}">{formula}<v>{value}</v></c>')
                if letters == "A":
                    typed.append(f"{start}><v>%(n)s</v></c>")
            else:
                whole.append(f"{start}/>")
        opening = '<row r="%(r)s" spans="1:47" ht="21" customHeight="1">'
        return f"{opening}{''.join(whole)}</row>", f"{opening}{''.join(typed)}</row>"

    def _places(self) -> dict[str, tuple[str, str]]:
        """Column → type and value of its formula's cell."""
        empty, true = ("str", ""), ("b", "%(filled)s")
        birthday = ("%(is)s", "%(born)s")
        own: dict[tuple[str, str], tuple[str, str]] = {
            ("name", "norm"): ("str", "%(text)s"),
            ("id_number", "norm"): ("str", "%(number)s"),
            ("joined_on", "norm"): ("%(day_is)s", "%(day)s"),
            ("sex", "norm"): ("str", "%(code)s"),
            ("birthday", "norm"): birthday,
            ("", "start"): ("str", "%(text)s"),
            ("", "filled"): ("n", "%(filled)s"),
            ("", "explained"): ("b", "0"),
        }
        found = {
            column_letters(column): own.get(part, true if part[1] == "usable" else empty)
            for part, column in self.layout.helpers.items()
        }
        found |= {"A": ("n", "%(n)s"), column_letters(self.layout.check): ("str", "%(verdict)s")}
        shown = {"sex": ("str", "%(sex)s"), "birthday": birthday}
        return found | {column_letters(self.layout.columns[key]): v for key, v in shown.items()}

    def _with_first_formulas(self, row: str) -> str:
        """The first row holds the formulas that the others share."""
        end = f"{self.layout.last_row}"
        for cell in _CELL.finditer(self.first[0]):
            formula = _FORMULA.search(cell[4] or "")
            number = re.search(r' si="([0-9]+)"', formula[0]) if formula else None
            if formula and number:
                whole = re.sub(r'(ref="[A-Z]+5:[A-Z]+)[0-9]+', rf"\g<1>{end}", formula[0])
                row = row.replace(f'<f t="shared" si="{number[1]}"/>', whole)
        return row


def _spelled_out(cell: str) -> str:
    """A first row's formula as a pattern for any row."""
    text = re.search(r"<f[^>]*>([^<]*)</f>", cell)
    assert text
    spelled = _RELATIVE.sub(r"\1%(r)s", text[1].replace("%", "%%"))
    return f'<f aca="false">{spelled}</f>'


def _serial(digits: str) -> int | None:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return (day - date(1899, 12, 30)).days


def _unit(xml: str, answers: Mapping[str, Any]) -> str:
    """The unit sheet with its answers; its formulas have come to nothing being wrong."""
    rows = {f"B{row}": key for key, row in UnitLayout(FORM.record).rows.items()}
    form_label = (
        FORM.codes["organisation_form"].entries[answers.get("涵盖法人单位数", 1) != 1].label
    )

    def cell(found: re.Match[str]) -> str:
        address, start = found[1] + found[2], f'<c r="{found[1]}{found[2]}"{found[3]}'
        formula = _FORMULA.search(found[4] or "")
        if formula:
            value = escape(form_label) if address in rows else ""
            return f'{start} t="str">{formula[0]}<v>{value}</v></c>'
        answer = answers.get(FORM.record.field(rows[address]).title) if address in rows else None
        if answer is None:
            return found[0]
        if isinstance(answer, date):
            return f"{start}><v>{(answer - date(1899, 12, 30)).days}</v></c>"
        if isinstance(answer, int | float):
            return f"{start}><v>{answer}</v></c>"
        return f'{start} t="inlineStr"><is><t>{escape(answer)}</t></is></c>'

    return _CELL.sub(cell, xml)


# --- parts that name others --------------------------------------------------------------


def _further(program: Program) -> list[tuple[str, str]]:
    return [("sharedStrings", STRINGS_PART)] * program.strings + [
        ("calcChain", CHAIN_PART)
    ] * program.chain


def _types(xml: str, program: Program) -> str:
    more = "".join(
        f'<Override PartName="/{part}" ContentType="{TYPES}{kind}+xml"/>'
        for kind, part in _further(program)
    )
    return xml.replace("</Types>", f"{more}</Types>")


def _links(xml: str, program: Program) -> str:
    more = "".join(
        f'<Relationship Id="rId9{n}" Type="{RELATIONS}{kind}" Target="/{part}"/>'
        for n, (kind, part) in enumerate(_further(program))
    )
    return xml.replace("</Relationships>", f"{more}</Relationships>")
