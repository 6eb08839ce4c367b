"""The form's workbook as openpyxl designs it, once a form: what differs from copy to copy is
marked (@@last@@, @@unit_name@@ …), the rest stays as it is.

Marked are the last prepared row in every formula and area, each answer and reason of the unit
sheet, the member rows as a whole, and whatever names the unit. So a copy costs the bytes that
differ, whatever it is filled with (see `renderer`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty

from converter.files import zip_writing
from converter.messages.catalogue import message
from converter.model.forms import Field, Form
from converter.model.issues import Level, column_letters
from converter.model.submissions import Stamp
from converter.template import guide, lists, member_sheet, stand_ins, text_sheets, unit_sheet
from converter.template.answers import DATE_FORMAT
from converter.template.cell_text import visible
from converter.template.constants import Constants
from converter.template.labels import label
from converter.template.layout import MemberLayout, TemplateLayout, UnitLayout, layout
from converter.template.rows import PatternRow
from converter.template.saving import parts
from converter.template.style import CellStyle, Painter, measure_columns, varied
from converter.template.value_places import ValuePlace, with_places, with_values

# The last rows of the tables (each some lower than the one before), like no other number, and those
# below; the last printed rows are PRINTED above, the last that formulas look at BOTTOM below.
LAST, APART, PRINTED, BOTTOM = 1_040_003, 10, 5, 3
SERIAL = 987_654_321  # the mark of a number has to be one
GENERAL = "General"
GUIDE = "@guide"  # no sheet's key
SHEETS, NAMES, RELATIONS, TYPES = b"@@sheets@@", b"@@names@@", b"@@relations@@", b"@@types@@"
# What openpyxl writes out though it is the default of the schema.
_TAG = re.compile(
    rb"<(?:sheetProtection|dataValidation|workbookView|sheetFormatPr|sheet|xf) [^>]*>"
)
_DEFAULT = re.compile(
    rb" (?:(?:showDropDown|showErrorMessage|pivotButton|quotePrefix|minimized|firstSheet|activeTab"
    rb'|objects|scenarios|selectLockedCells|selectUnlockedCells)="0"'
    rb"|(?:show(?:Horizontal|Vertical)Scroll|showSheetTabs|autoFilterDateGrouping|autoFilter|sort"
    rb"|pivotTables|(?:insert|delete)(?:Rows|Columns)|insertHyperlinks|format(?:Cells|Columns|Rows))"
    rb'="1"|(?:visibility|state)="visible"|tabRatio="600"|baseColWidth="8")'
)
# A text of the hidden sheet: written like one that was computed, it takes less room.
_INLINE = re.compile(rb't="inlineStr"><is><t>([^<]*)</t></is>')
_OUTLINE = b'<outlinePr summaryBelow="1" summaryRight="1"/>'
_PLACES = (SHEETS, NAMES, RELATIONS, TYPES)
_NUMBER = re.compile(rb"(?<![0-9])[0-9]{7}(?![0-9])")
_EXTENT = re.compile(rb'(<dimension ref="[A-Z0-9]+:[A-Z]+)[0-9]+')
# In a footer & begins a command, so that a name's own is doubled there.
_FOOTER = re.compile(rb"<oddFooter>.*?</oddFooter>", re.DOTALL)
_STAMPED = re.compile(b"@@([a-z_]+)@@")


def placeholder(name: str) -> bytes:
    return f"@@{name}@@".encode()


def rows_placeholder(table: str) -> bytes:
    """Where the prepared rows of a table go."""
    return placeholder(f"rows:{table}")


def last_placeholder(table: str) -> bytes:
    """The last prepared row of a table …"""
    return placeholder(f"last:{table}")


def below_placeholder(table: str) -> bytes:
    """… and the row below it."""
    return placeholder(f"below:{table}")


def printed_placeholder(table: str) -> bytes:
    """The last row that is printed."""
    return placeholder(f"printed:{table}")


def bottom_placeholder(table: str) -> bytes:
    """The last row that formulas look at."""
    return placeholder(f"bottom:{table}")


def tail_placeholder(sheet: str) -> bytes:
    """Where the comments of a sheet hang."""
    return placeholder(f"tail:{sheet}")


def height_placeholder(row: int) -> bytes:
    """The height of a line of the unit sheet."""
    return placeholder(f"height:{row}")


def stamp_placeholders(names: Iterable[str]) -> set[bytes]:
    """What stands for the unit's own: in cells, footers and properties."""
    return {placeholder(kind + name) for name in names for kind in ("", "footer:", "property:")}


@dataclass(frozen=True)
class UnitCell:
    """A cell of the unit sheet to be filled in, or the last one of its line, beside which a copy
    keeps what the answer was."""

    field: Field
    column: int
    address: bytes
    look: CellStyle
    xml: bytes  # as designed: blank, a formula, or what the identity file says


@dataclass(frozen=True)
class Part:
    """One file of the workbook: bytes at even places, placeholders between them."""

    name: str
    pieces: tuple[bytes, ...]

    def filled(self, values: Mapping[bytes, bytes | Iterable[bytes]]) -> Iterator[bytes]:
        for number, piece in enumerate(self.pieces):
            value = values[piece] if number % 2 else piece
            if isinstance(value, bytes):
                yield value
            else:
                yield from value

    @cached_property
    def packed(self) -> zip_writing.Packed:
        """Of a part that is the same in every copy: packed once, so as small as can be."""
        return zip_writing.packed(self.name, self.pieces, zip_writing.LEVEL_SMALLEST)


@dataclass(frozen=True)
class Blueprint:
    """A form's workbook with everything marked that differs from copy to copy."""

    layout: TemplateLayout
    parts: tuple[Part, ...]
    rows: Mapping[str, PatternRow]  # by table key
    unit_cells: Mapping[bytes, UnitCell]  # by mark
    unit_heights: Mapping[str, float]  # by field key: points that its line takes at least
    value_places: Mapping[str, Sequence[ValuePlace]]  # by sheet key; those of the guide under GUIDE
    styles: Mapping[CellStyle, int]
    sheet_parts: Mapping[str, str]  # by sheet key ('' = the page in front)
    titles: tuple[str, ...]


def design_blueprint(form: Form, names: frozenset[str], *, live: bool, copy: bool) -> Blueprint:
    """Design a workbook for units of which `names` (entries of a stamp) are known. `live`: few
    enough rows for the checks that are slow. `copy`: with a page in front, and ways to the next
    fault."""
    marks: dict[str, Any] = {name: placeholder(name).decode() for name in names}
    marks |= {"serial": SERIAL} if "serial" in names else {}
    stamp = Stamp(**marks)
    last = {table.key: LAST - APART * n for n, table in enumerate(form.tables)}
    prepared = {key: row - MemberLayout.HEADING_ROW for key, row in last.items()}
    printed = {key: row - PRINTED for key, row in last.items()}
    bottom = {key: row + BOTTOM for key, row in last.items()}
    rows_known = 1 if live else form.limits["live_duplicates"] + 1
    places = layout(form, rows_known, prepared, printed, bottom)
    numbers = {b"%d" % row: last_placeholder(key) for key, row in last.items()}
    numbers |= {b"%d" % row: printed_placeholder(key) for key, row in printed.items()}
    numbers |= {b"%d" % (row + 1): below_placeholder(key) for key, row in last.items()}
    numbers |= {b"%d" % row: bottom_placeholder(key) for key, row in bottom.items()}
    painter = Painter(label(form, "font"))
    book = workbook(places, painter, stamp, copy=copy)
    scratch = book.create_sheet()
    styles = painter.numbers(scratch, _cell_styles(places, stamp, copy=copy))
    book.remove(scratch)
    taken = dict(parts(book))
    found = {
        sheet.title: f"xl/worksheets/sheet{n}.xml" for n, sheet in enumerate(book.worksheets, 1)
    }
    at = {sheet.key: found[sheet.title] for sheet in form.sheets}
    if copy:
        at[""] = "xl/worksheets/sheet1.xml"
        del taken[at[""]]
        _open_ends(taken, {tail_placeholder(sheet.key): at[sheet.key] for sheet in form.sheets})
    taken |= {name: compact(data) for name, data in taken.items()}
    rows = {}
    for key, table in places.tables.items():
        taken[at[key]], rows[key] = _table_rows(taken[at[key]], table, numbers)
    record = at[form.record.key]
    taken[record], cells = _unit_cells(taken[record], places, stamp)
    taken[record], heights = _unit_heights(taken[record], places.record)
    value_places = {}
    for key, part in {GUIDE: found[label(form, "guide_sheet")], **at}.items():
        if key:
            taken[part], value_places[key] = with_places(taken[part], key)
    hidden = found[label(form, "lists_sheet")]
    taken[hidden] = _INLINE.sub(_shortly, taken[hidden])
    taken[hidden] = with_values(taken[hidden], stand_ins.values(places))
    known = {
        *(mark for some in value_places.values() for _, *marks in some for mark in marks),
        *stamp_placeholders(names),
        *cells,
        *_PLACES,
        *numbers.values(),
        *map(rows_placeholder, rows),
        *map(height_placeholder, places.record.rows.values()),
    }
    known |= {tail_placeholder(sheet.key) for sheet in form.sheets}
    pieces = [
        Part(name, tuple(split(_with_placeholders(name, data, numbers), known)))
        for name, data in taken.items()
    ]
    return Blueprint(
        places,
        tuple(pieces),
        rows,
        cells,
        heights,
        value_places,
        styles,
        at,
        tuple(book.sheetnames),
    )


def workbook(
    places: TemplateLayout, painter: Painter, stamp: Stamp, *, copy: bool = False
) -> Workbook:
    """The workbook, with one member row for all."""
    form, constants = places.form, Constants()
    book = Workbook()
    measure_columns(book)
    first = book.active
    first.title = label(form, "guide_sheet")
    sheets = [book.create_sheet(sheet.title) for sheet in form.sheets]
    hidden = book.create_sheet(label(form, "lists_sheet"))
    guide.write(first, places, painter, stamp)
    for sheet, place in zip(sheets, places.places, strict=True):
        if isinstance(place, UnitLayout):
            unit_sheet.write(sheet, places, painter, constants, stamp, jumps=copy)
        else:
            member_sheet.write(sheet, places, place, painter, constants, stamp, jumps=copy)
    stand_ins.write(book, hidden, places, constants)
    lists.write(book, hidden, form, constants)
    _stamp(book, form, stamp)
    book.calculation.fullCalcOnLoad = True
    if copy:
        book.create_sheet(free_title(book.sheetnames, message("report_copy_sheet")), 0)
        book.active = 0
        for sheet in book:
            sheet.sheet_view.tabSelected = sheet is book.active
    return book


def free_title(taken: Iterable[str], title: str) -> str:
    """A sheet's name that no other sheet has."""
    number, free, known = 2, title, set(taken)
    while free in known:
        free, number = f"{title}{number}", number + 1
    return free


def _stamp(book: Any, form: Form, stamp: Stamp) -> None:
    known = {entry.name: getattr(stamp, entry.name) for entry in fields(stamp)}
    known |= {"form": form.id, "version": form.version, "digest": form.cards_digest}
    for name, value in known.items():
        if value:
            book.custom_doc_props.append(StringProperty(name=name, value=visible(str(value))))
    book.properties.title = form.title
    book.properties.creator = visible(stamp.superior_name)


def _cell_styles(places: TemplateLayout, stamp: Stamp, *, copy: bool) -> Iterator[CellStyle]:
    """Every look that a filled cell can come to."""
    cells = [
        look
        for table in places.tables.values()
        for look in member_sheet.cell_styles(table).values()
    ]
    cells += [unit_sheet.explanation_style(field, places.form) for field in places.record.sheet]
    cells += [unit_sheet.answer_style(field, stamp) for field in places.record.sheet]
    levels = (None, Level.ERROR, Level.WARNING) if copy else (None,)
    for look in dict.fromkeys(cells):
        for shown in ("", GENERAL, DATE_FORMAT):
            yield from (varied(look, shown, level) for level in levels)
    if copy:
        yield from (*text_sheets.LOOKS, member_sheet.JUMP)


# --- marking ---------------------------------------------------------------------------------


def compact(xml: bytes) -> bytes:
    """XML as it is written here: without openpyxl's spaces, attributes that say what is so anyway,
    types of blank cells and values that nobody has computed. (No text holds these: in texts < and >
    are escaped.)"""
    xml = xml.replace(b" />", b"/>").replace(b'" t="n"/>', b'"/>').replace(b"<v/>", b"")
    xml = _TAG.sub(lambda tag: _DEFAULT.sub(b"", tag[0]), xml)
    for blank in (_OUTLINE, b"<pageSetUpPr/>", b"<workbookProtection/>"):
        xml = xml.replace(blank, b"")
    return xml


def _shortly(cell: re.Match[bytes]) -> bytes:
    """A text of fewer bytes, unless nobody sees it: LibreOffice would drop that."""
    is_seen = any(character.isprintable() for character in cell[1].decode())
    return b't="str"><v>%s</v>' % cell[1] if is_seen else cell[0]


def _open_ends(taken: dict[str, bytes], tails: Mapping[bytes, str]) -> None:
    """Places where a copy adds sheets and comments of its own. `tails`: sheet parts by mark."""
    for name, tag, mark in (
        ("xl/workbook.xml", b"</sheets>", SHEETS),
        ("xl/workbook.xml", b"</definedNames>", NAMES),
        ("xl/_rels/workbook.xml.rels", b"</Relationships>", RELATIONS),
        ("[Content_Types].xml", b"</Types>", TYPES),
        *((part, b"</worksheet>", mark) for mark, part in tails.items()),
    ):
        assert taken[name].count(tag) == 1
        taken[name] = taken[name].replace(tag, mark + tag)


def _with_placeholders(name: str, data: bytes, numbers: Mapping[bytes, bytes]) -> bytes:
    if name.startswith("docProps/"):
        data = data.replace(b"%d" % SERIAL, b"@@serial@@")
        return _STAMPED.sub(rb"@@property:\1@@", data)
    if not name.startswith(("xl/theme", "xl/styles")):
        data = _numbered(data, numbers)
    return _FOOTER.sub(lambda found: _STAMPED.sub(rb"@@footer:\1@@", found[0]), data)


def split(data: bytes, known: Set[bytes]) -> Iterator[bytes]:
    """What stands between known placeholders, and these, by turns: there are a thousand of them,
    and a pattern of so many alternatives would take longer to compile than all else here."""
    end = at = 0
    while (at := data.find(b"@@", at)) >= 0:
        mark = data[at : data.find(b"@@", at + 2) + 2]
        if mark in known:
            yield data[end:at]
            yield mark
            at = end = at + len(mark)
        else:
            at += 1
    yield data[end:]


def _numbered(data: bytes, numbers: Mapping[bytes, bytes]) -> bytes:
    """With marks in place of the last rows."""
    return _NUMBER.sub(lambda found: numbers.get(found[0], found[0]), data)


def _table_rows(
    xml: bytes, table: MemberLayout, numbers: Mapping[bytes, bytes]
) -> tuple[bytes, PatternRow]:
    start = xml.index(b'<row r="%d"' % table.FIRST_ROW)
    end = xml.index(b"</row>", start) + len(b"</row>")
    row = _numbered(xml[start:end], numbers)
    key = table.sheet.key
    head = _EXTENT.sub(rb"\g<1>" + last_placeholder(key), xml[:start], count=1)
    return head + rows_placeholder(key) + xml[end:], PatternRow.of(row, table.FIRST_ROW)


def _unit_cells(
    xml: bytes, places: TemplateLayout, stamp: Stamp
) -> tuple[bytes, dict[bytes, UnitCell]]:
    unit = places.record
    columns = {column_letters(c): c for c in (unit.ANSWER, unit.EXPLANATION, unit.last_helper)}
    wanted = {
        f"{letters}{row}".encode(): (unit.sheet.field(key), column)
        for key, row in unit.rows.items()
        for letters, column in columns.items()
    }
    cells: dict[bytes, UnitCell] = {}

    def marked(found: re.Match[bytes]) -> bytes:
        if found[1] not in wanted:
            return found[0]
        field, column = wanted[found[1]]
        answer = unit_sheet.answer_style(field, stamp)
        reason = unit_sheet.explanation_style(field, places.form)
        look = answer if column == unit.ANSWER else reason
        mark = b"@@cell:%b@@" % found[1]
        cells[mark] = UnitCell(field, column, found[1], look, found[0])
        return mark

    letters = "|".join(columns).encode()
    cell = re.compile(rb'<c r="((?:%b)[0-9]+)"[^>]*?(?:/>|>.*?</c>)' % letters, re.DOTALL)
    return cell.sub(marked, xml), cells


def _unit_heights(xml: bytes, unit: UnitLayout) -> tuple[bytes, dict[str, float]]:
    heights: dict[str, float] = {}
    for key, row in unit.rows.items():
        start, height, end = re.split(rb'(?<=<row r="%d" ht=")([0-9.]+)' % row, xml)
        heights[key] = float(height)
        xml = start + height_placeholder(row) + end
    return xml, heights
