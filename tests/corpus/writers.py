"""The same cells as different programs store them: one function from sheets to a workbook's parts.

What stands in the cells is the caller's; a `Writer` says only how it is written down. All but
`DIFFERENT_TYPES` store the same types, so that reading must come to the same.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from converter.model.issues import column_letters

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/"
DATE_STYLE, TEXT_STYLE = 1, 2
_STYLES = (
    '<numFmts count="1"><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d'
    '&quot;日&quot;"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="{dates}"/>'
    '<xf numFmtId="49"/></cellXfs>'
)


@dataclass(frozen=True)
class Formula:
    """A formula and what a program computed; None: none has."""

    text: str
    value: Any = None


@dataclass(frozen=True)
class Error:
    """An error cell, by its name."""

    name: str


@dataclass(frozen=True)
class Table:
    """What stands on one sheet. Row and column numbers count from 1."""

    title: str
    rows: Sequence[Sequence[Any]]  # None = no cell
    merges: tuple[str, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    hidden: bool = False


@dataclass(frozen=True)
class Writer:
    """How one program writes. `cell` and `text` are the shapes it gives them."""

    texts: str = "shared"  # shared, inline, rich (shared, in runs, with its reading), str
    dates: int = 14  # number format; 176 is 年月日; 0 writes ISO cells (t="d")
    date1904: bool = False
    strict: bool = False
    styled_blanks: bool = False  # Excel's formatted cells without value
    rewrite: Callable[[str], str] = field(default=lambda xml: xml)  # of a sheet's XML
    part: str = "xl/worksheets/sheet{}.xml"


def parts(tables: Sequence[Table], writer: Writer) -> dict[str, bytes]:
    """The parts of a workbook."""
    strings: dict[str, int] = {}
    sheets = [writer.rewrite(_sheet(table, writer, strings)) for table in tables]
    names = [writer.part.format(n) for n in range(1, len(tables) + 1)]
    listed = "".join(
        f'<sheet name="{escape(table.title)}" sheetId="{n}"{" state=" + chr(34) + "hidden" + chr(34) if table.hidden else ""} r:id="rId{n}"/>'
        for n, table in enumerate(tables, 1)
    )
    links = [(f"rId{n}", "worksheet", f"/{name}") for n, name in enumerate(names, 1)]
    links += [("rIdS", "styles", "styles.xml")]
    made = {
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr date1904="{int(writer.date1904)}"/><sheets>{listed}</sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{_STYLES.format(dates=writer.dates)}</styleSheet>',
        **dict(zip(names, sheets, strict=True)),
    }
    if strings:
        links.append(("rIdT", "sharedStrings", "sharedStrings.xml"))
        items = "".join(_string(text, writer) for text in strings)
        made["xl/sharedStrings.xml"] = (
            f'<sst xmlns="{MAIN}" count="{len(strings)}" uniqueCount="{len(strings)}">{items}</sst>'
        )
    made["xl/_rels/workbook.xml.rels"] = _relations(links)
    if writer.strict:
        made = {name: _strict(xml) for name, xml in made.items()}
    return {
        name: f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}'.encode()
        for name, xml in made.items()
    }


def write(path: Path, tables: Sequence[Table], writer: Writer) -> Path:
    """A workbook file; the same bytes every time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in parts(tables, writer).items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


def write_xls(path: Path, tables: Sequence[Table]) -> Path:
    """The same as Excel 97 stores it. Hidden rows and columns, merges and errors are left out:
    xlwt knows no error cells."""
    import xlwt

    book = xlwt.Workbook()
    style = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for table in tables:
        sheet = book.add_sheet(table.title)
        for r, row in enumerate(table.rows):
            for c, value in enumerate(row):
                value = value.value if isinstance(value, Formula) else value
                if value is not None and not isinstance(value, Error):
                    sheet.write(r, c, value, *([style] if isinstance(value, date) else []))
    book.save(str(path))
    return path


# --- parts -------------------------------------------------------------------------------


def _relations(links: Sequence[tuple[str, str, str]]) -> str:
    inside = "".join(
        f'<Relationship Id="{id_}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for id_, kind, target in links
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inside}</Relationships>'


def _strict(xml: str) -> str:
    return xml.replace(RELATIONS, STRICT + "officeDocument/relationships").replace(
        MAIN, STRICT + "spreadsheetml/main"
    )


def _sheet(table: Table, writer: Writer, strings: dict[str, int]) -> str:
    widest = max(map(len, table.rows), default=0)
    lines = []
    for number, row in enumerate(table.rows, 1):
        padded = [*row, *[None] * (widest - len(row))] if writer.styled_blanks else row
        cells = "".join(
            _cell(f"{column_letters(column)}{number}", value, writer, strings)
            for column, value in enumerate(padded, 1)
        )
        hidden = ' hidden="1"' if number in table.hidden_rows else ""
        if cells or hidden:
            lines.append(f'<row r="{number}"{hidden}>{cells}</row>')
    columns = "".join(f'<col min="{a}" max="{b}" hidden="1"/>' for a, b in table.hidden_columns)
    merges = "".join(f'<mergeCell ref="{area}"/>' for area in table.merges)
    return (
        f'<worksheet xmlns="{MAIN}" xmlns:x14ac="urn:x14ac"><dimension ref="A1:{column_letters(max(widest, 1))}{max(len(table.rows), 1)}"/>'
        + (f"<cols>{columns}</cols>" if columns else "")
        + f"<sheetData>{''.join(lines)}</sheetData>"
        + (f"<mergeCells>{merges}</mergeCells>" if merges else "")
        + "</worksheet>"
    )


def _cell(address: str, value: Any, writer: Writer, strings: dict[str, int]) -> str:
    formula = ""
    if isinstance(value, Formula):
        formula, value = f"<f>{escape(value.text)}</f>", value.value
        if value is None:
            return f'<c r="{address}">{formula}</c>'
        if isinstance(value, str):
            return f'<c r="{address}" t="str">{formula}<v>{escape(value)}</v></c>'
    if value is None:
        return f'<c r="{address}" s="{TEXT_STYLE}"/>' if writer.styled_blanks else ""
    if isinstance(value, Error):
        return f'<c r="{address}" t="e">{formula}<v>{value.name}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{address}" t="b">{formula}<v>{int(value)}</v></c>'
    if isinstance(value, date):
        return _date(address, value, writer, formula)
    if isinstance(value, int | float):
        return f'<c r="{address}">{formula}<v>{value!r}</v></c>'
    if writer.texts == "inline":
        return f'<c r="{address}" s="{TEXT_STYLE}" t="inlineStr"><is>{_t(value)}</is></c>'
    if writer.texts == "str":
        return f'<c r="{address}" t="str"><v>{_escaped(value)}</v></c>'
    index = strings.setdefault(value, len(strings))
    return f'<c r="{address}" s="{TEXT_STYLE}" t="s"><v>{index}</v></c>'


def _date(address: str, value: date, writer: Writer, formula: str) -> str:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    if not writer.dates:
        return f'<c r="{address}" t="d">{formula}<v>{moment.isoformat()}</v></c>'
    start = datetime(1904, 1, 1) if writer.date1904 else datetime(1899, 12, 30)
    serial = (moment - start) / timedelta(days=1)
    shown = int(serial) if serial == int(serial) else serial
    return f'<c r="{address}" s="{DATE_STYLE}">{formula}<v>{shown}</v></c>'


def _string(text: str, writer: Writer) -> str:
    if writer.texts != "rich" or len(text) < 2:
        return f"<si>{_t(text)}</si>"
    return f'<si><r>{_t(text[:-1])}</r><r><rPr><b/></rPr>{_t(text[-1:])}</r><rPh sb="0" eb="1"><t>yin</t></rPh></si>'


def _t(text: str) -> str:
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<t{kept}>{_escaped(text)}</t>"


def _escaped(text: str) -> str:
    return escape(text).replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;")


# --- ways of writing ---------------------------------------------------------------------


def _turned(xml: str) -> str:
    return re.sub(r'<c( r="[^"]+")((?: [st]="[^"]+")+)', r"<c\2\1", xml)


def _prefixed(xml: str) -> str:
    return re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", xml).replace("xmlns=", "xmlns:x=")


def _without_addresses(xml: str) -> str:
    """Of cells that stand right of the one before, and of rows that stand below it."""

    def row(found: re.Match[str]) -> str:
        kept, before = [], 0
        for cell in re.split(r"(?=<c )", found[2]):
            at = re.match(r'<c r="([A-Z]+)[0-9]+"', cell)
            number = 0
            for letter in at[1] if at else "":
                number = number * 26 + ord(letter) - 64
            kept.append(re.sub(r' r="[^"]+"', "", cell, count=1) if number == before + 1 else cell)
            before = number
        return found[1] + "".join(kept) + "</row>"

    return re.sub(r"(<row [^>]*>)(.*?)</row>", row, xml, flags=re.DOTALL)


WRITERS: Mapping[str, Writer] = {
    "shared": Writer(),
    "inline": Writer(texts="inline"),
    "rich": Writer(texts="rich"),
    "chinese-dates": Writer(dates=176),
    "cjk-builtin-dates": Writer(dates=57),
    "1904": Writer(date1904=True),
    "strict": Writer(strict=True),
    "formatted-blanks": Writer(styled_blanks=True),
    "parts-elsewhere": Writer(part="data/{}.xml"),
    "prefixed": Writer(rewrite=_prefixed),
    "single-quotes": Writer(rewrite=lambda xml: xml.replace('"', "'")),
    "attributes-turned": Writer(rewrite=_turned),
    "no-addresses": Writer(rewrite=_without_addresses),
    "small-letters": Writer(
        rewrite=lambda xml: re.sub(r'(<c r=")([A-Z]+)', lambda m: m[1] + m[2].lower(), xml)
    ),
    "breaks-in-tags": Writer(rewrite=lambda xml: xml.replace("<c r=", "<c\n r=")),
    "breaks-between-tags": Writer(
        rewrite=lambda xml: re.sub(r"(?<=>)(?=</?(?:c|row|v|is)[ >/])", "\n ", xml)
    ),
    "spans-and-heights": Writer(
        rewrite=lambda xml: xml.replace(
            "<row ", '<row spans="1:8" ht="20.1" customHeight="1" x14ac:dyDescent="0.3" '
        )
    ),
    "libreoffice": Writer(
        rewrite=lambda xml: re.sub(
            r'(<row r="[0-9]+")', r'\1 customFormat="false" ht="21" outlineLevel="0"',
            xml.replace("<f>", '<f aca="false">'),
        )
    ),
    "wps-metadata": Writer(rewrite=lambda xml: xml.replace('<c r="', '<c cm="1" r="')),
    "dimension-lies": Writer(rewrite=lambda xml: re.sub(r'(<dimension ref=")[^"]+', r"\1A1", xml)),
    "comment-and-mark": Writer(
        rewrite=lambda xml: xml.replace("<sheetData>", "<!-- <c r='ZZ9'> --><sheetData>")
    ),
}  # fmt: skip
# The same text or day, but another type of cell: what is told of it may differ.
DIFFERENT_TYPES: Mapping[str, Writer] = {
    "str": Writer(texts="str"),
    "iso-dates": Writer(dates=0),
    "dates-as-numbers": Writer(dates=1),
}
