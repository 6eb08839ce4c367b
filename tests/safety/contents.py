"""Workbooks whose XML means harm: entities, bombs, references outward, values that run."""

from __future__ import annotations

import re
from pathlib import Path

from converter.model.issues import column_letters
from tests.people import id_number
from tests.safety.making import (
    BOOK,
    CUSTOM,
    RELATIONS,
    SHEET,
    SOUND,
    STRINGS,
    STYLES,
    TYPE,
    case,
    insert,
    linked,
    rows,
    text,
    write,
)
from tests.workbook.books import MEMBER_SHEET

LAUGHS = '<!ENTITY l0 "lol">' + "".join(
    '<!ENTITY l{} "{}">'.format(n, f"&l{n - 1};" * 10) for n in range(1, 10)
)
DOCTYPES = {
    "of_laughs": (f"<!DOCTYPE x [{LAUGHS}]>", "utf-8"),
    "that_reads_files": ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "utf-8"),
    "that_calls_home": ('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', "utf-8"),
    "of_parameters": ('<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x">%a;]>', "utf-8"),
    "without_anything": ("<!DOCTYPE x>", "utf-8"),
    "with_a_byte_order_mark": ("<!DOCTYPE x>", "utf-8-sig"),
    "in_utf_16": ("<!DOCTYPE x>", "utf-16"),
    "in_utf_16_without_a_mark": ("<!DOCTYPE x>", "utf-16-be"),
    "in_utf_32": ("<!DOCTYPE x>", "utf-32"),
    "behind_a_comment": ("<!-- " + "x" * 100_000 + " --><!DOCTYPE x>", "utf-8"),
}


def _doctype(name: str, markup: str, encoding: str) -> None:
    def make(path: Path) -> None:
        body = text(SHEET).partition("?>")[2] or text(SHEET)
        write(path, {SHEET: (markup + body).encode(encoding)})

    make.__name__ = f"doctype_{name}"
    case("F309")(make)


for _name, (_markup, _encoding) in DOCTYPES.items():
    _doctype(_name, _markup, _encoding)


@case("F312")
def encoding_that_hides_markup(path: Path) -> None:
    body = text(BOOK).partition("?>")[2] or text(BOOK)
    write(path, {BOOK: '<?xml version="1.0" encoding="UTF-7"?>' + body})


@case("F312")
def encoding_of_mainframes(path: Path) -> None:
    body = text(BOOK).partition("?>")[2] or text(BOOK)
    write(path, {BOOK: '<?xml version="1.0" encoding="IBM037"?>' + body})


@case("F309")
def doctype_in_the_shared_strings(path: Path) -> None:
    body = text(STRINGS).partition("?>")[2] or text(STRINGS)
    write(path, {STRINGS: f"<!DOCTYPE sst [{LAUGHS}]>{body}"})


# --- sizes -------------------------------------------------------------------------------

FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@case("F303")
def bomb_of_zeros(path: Path) -> None:
    write(path, {"xl/media/a.bin": bytes(80 << 20)})


@case("F303")
def bomb_of_blanks(path: Path) -> None:
    write(path, {STRINGS: b" " * (80 << 20)})


@case("F311")
def sheet_of_seventeen_billion_cells(path: Path) -> None:
    rows(path, FAR)


@case(SOUND)
def sheet_of_twenty_three_million_cells_all_but_empty(path: Path) -> None:
    rows(path, '<row r="1048576"><c r="V1048576"><v>1</v></c></row>')


@case("F311")
def sheet_that_is_far_in_another_way_of_writing(path: Path) -> None:
    own = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows(path, f"<x:row xmlns:x='{own}' r='1048576'><x:c r='XFD1048576'><x:v>1</x:v></x:c></x:row>")


@case(SOUND)
def sheet_that_says_it_is_larger_than_it_is(path: Path) -> None:
    insert(path, SHEET, "<sheetData>", '<dimension ref="A1:XFD1048576"/>')


@case(SOUND)
def sheet_with_formatted_cells_in_the_corner(path: Path) -> None:
    rows(path, '<row r="1048576"><c r="XFD1048576" s="0"/></row>')


@case("F310")
def strings_fewer_than_told(path: Path) -> None:
    write(path, {STRINGS: re.sub(r'uniqueCount="\d+"', 'uniqueCount="4000000000"', text(STRINGS))})


@case("S021 K001 K112 S022")
def string_of_32767_characters_in_every_cell(path: Path) -> None:
    """Ten thousand million characters from a small file."""
    first = f"<si><t>{'A' * 32_767}</t></si>"
    many = "".join(f'<row r="{n}"><c r="B{n}" t="s"><v>0</v></c></row>' for n in range(20, 300_000))
    write(
        path,
        {
            STRINGS: text(STRINGS).replace("<si>", first + "<si>", 1),
            SHEET: text(SHEET).replace("</sheetData>", many + "</sheetData>"),
        },
    )


@case(SOUND)
def string_of_a_million_characters(path: Path) -> None:
    insert(path, STRINGS, "</sst>", f"<si><t>{'甲' * 1_000_000}</t></si>")


@case(SOUND)
def string_of_a_hundred_thousand_runs(path: Path) -> None:
    insert(path, STRINGS, "</sst>", "<si>" + "<r><t>a</t></r>" * 100_000 + "</si>")


@case(SOUND)
def a_hundred_thousand_merges(path: Path) -> None:
    merges = "".join(f'<mergeCell ref="J{n}:K{n + 1}"/>' for n in range(100, 100_100))
    write(path, {SHEET: text(SHEET).replace("</sheetData>", f"</sheetData><mergeCells>{merges}</mergeCells>")})  # fmt: skip


@case(SOUND)
def a_hundred_thousand_styles(path: Path) -> None:
    insert(path, STYLES, "</cellXfs>", '<xf numFmtId="0"/>' * 100_000)


@case(SOUND)
def conditional_formats_without_end(path: Path) -> None:
    rule = '<conditionalFormatting sqref="A1:XFD1048576"><cfRule type="expression" priority="1"><formula>1</formula></cfRule></conditionalFormatting>'
    write(path, {SHEET: text(SHEET).replace("</sheetData>", "</sheetData>" + rule * 20_000)})


@case(f"{SOUND} S008")
def columns_hidden_a_hundred_thousand_times(path: Path) -> None:
    column = '<col min="1" max="16383" hidden="1"/>'
    insert(path, SHEET, "<sheetData>", f"<cols>{column * 100_000}</cols>")


@case(SOUND)
def properties_without_end(path: Path) -> None:
    write(path, {CUSTOM: "<Properties>" + '<property name="p"><x ' * 100_000 + "</Properties>"})


@case("F305")
def a_sheet_that_is_listed_a_thousand_times(path: Path) -> None:
    book = text(BOOK)
    listed = re.search(rf'<sheet [^>]*name="{MEMBER_SHEET}"[^>]*/>', book)
    assert listed
    many = "".join(listed[0].replace(MEMBER_SHEET, f"表{n}") for n in range(1000))
    write(path, {BOOK: book.replace("</sheets>", many + "</sheets>")})


@case(SOUND)
def a_hundred_thousand_sheets_that_are_not_there(path: Path) -> None:
    many = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="none"/>' for n in range(100_000))
    insert(path, BOOK, "</sheets>", many)


# --- markup that never ends ----------------------------------------------------------------


def _unending(name: str, part: str, before: str, markup: str, expected: str = SOUND) -> None:
    def make(path: Path) -> None:
        insert(path, part, before, markup * 200_000)

    make.__name__ = f"unending_{name}"
    case(expected)(make)


def _after_the_end(name: str, part: str, markup: str) -> None:
    def make(path: Path) -> None:
        write(path, {part: text(part) + markup * 200_000})

    make.__name__ = f"unending_{name}_behind_the_end"
    case(SOUND)(make)


for _arguments in (
    ("comments_in_the_book", BOOK, "</workbook>", "<!--"),
    ("comments_in_the_styles", STYLES, "</styleSheet>", "<!--"),
    ("comments_in_the_strings", STRINGS, "</sst>", "<!--", "F315"),
    ("tags_in_the_book", BOOK, "</workbook>", '<sheet a="b" '),
    ("quotes_in_the_book", BOOK, "</workbook>", "<sheet a='"),
    ("attributes_in_the_book", BOOK, "</workbook>", "<sheet " + 'a="b" ' * 10),
    ("cells", SHEET, "</sheetData>", '<c r="A1" '),
    ("cells_without_address", SHEET, "</sheetData>", "<c '"),
    ("rows", SHEET, "</sheetData>", "<row r='1' ", "F315"),
    ("formulas", SHEET, "</sheetData>", '<c r="B9"><f>1+'),
    ("errors", SHEET, "</sheetData>", '<c r="B9" t="e"><f>'),
    ("elements", SHEET, "</sheetData>", "<a>", "F315"),
    ("strings", STRINGS, "</sst>", "<si><t>", "F315"),
    ("depth_in_the_strings", STRINGS, "</sst>", "<r>"),
):
    _unending(*_arguments)
for _after in (
    ("tags", BOOK, '<sheet a="b" '),
    ("quotes", BOOK, '<sheet a="'),
    ("styles", STYLES, '<xf a="b" '),
    ("merges", SHEET, '<mergeCell a="b" '),
    ("relations", RELATIONS, '<Relationship a="b" '),
):
    _after_the_end(*_after)


@case(SOUND)  # a 1 without a number behind the last member is nobody
def a_cell_of_a_hundred_thousand_comments(path: Path) -> None:
    rows(path, '<row r="30">' + '<c r="B30"><v>1</v></c><!-- x -->' * 100_000 + "</row>")


@case(SOUND)
def a_row_of_foreign_depth(path: Path) -> None:
    rows(path, '<row r="30">' + "<a>" * 200_000 + "</a>" * 200_000 + "</row>")


@case("F315")
def a_value_of_references_without_end(path: Path) -> None:
    rows(path, f'<row r="30"><c r="B30" t="str"><v>{"&#" * 200_000}</v></c></row>')


@case(SOUND)
def a_value_behind_a_million_blanks(path: Path) -> None:
    rows(path, f'<row r="30"><c r="B30"><v>{" " * 1_000_000}1</v></c></row>')


@case("F315")
def strings_numbered_below_zero(path: Path) -> None:
    """A careless reader takes the first string for each of them."""
    rows(path, '<row r="30"><c r="B30" t="s"><v>-1</v></c></row>')


@case(SOUND)
def a_row_of_a_million_attributes(path: Path) -> None:
    rows(path, "<row " + " ".join(f'a{n}="1"' for n in range(1_000_000)) + "></row>")


# --- references outward --------------------------------------------------------------------

OUTSIDE = ' TargetMode="External"'


@case(f"{SOUND} F401")
def link_to_another_workbook(path: Path) -> None:
    external = b'<externalLink><externalBook r:id="rId1"/></externalLink>'
    linked(path, "externalLink", "externalLinks/externalLink1.xml", {"xl/externalLinks/externalLink1.xml": external})  # fmt: skip


@case(f"{SOUND} F401")
def link_that_starts_a_program(path: Path) -> None:
    dde = b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    linked(path, "externalLink", "externalLinks/externalLink1.xml", {"xl/externalLinks/externalLink1.xml": dde})  # fmt: skip


@case(f"{SOUND} F401")
def data_from_a_server(path: Path) -> None:
    linked(path, "connections", "connections.xml", {"xl/connections.xml": b"<connections/>"})


@case(f"{SOUND} F401")
def object_of_another_program(path: Path) -> None:
    kind = f'{TYPE}/oleObject" Target="../embeddings/oleObject1.bin'
    relations = f'<Relationships><Relationship Id="a" Type="{kind}"/></Relationships>'
    write(path, {"xl/worksheets/_rels/sheet2.xml.rels": relations})


@case(SOUND)
def sheet_relations_that_climb(path: Path) -> None:
    linked(path, "worksheet", "../../../../../../etc/passwd")


@case("F315")
def member_sheet_that_is_a_picture(path: Path) -> None:
    write(path, {SHEET: b"\x89PNG\r\n\x1a\n"})


@case("F315")
def member_sheet_of_nothing(path: Path) -> None:
    write(path, {SHEET: b""})


@case(SOUND)
def sheet_with_a_name_of_a_million_characters(path: Path) -> None:
    insert(path, BOOK, "</sheets>", f'<sheet name="{"x" * 1_000_000}" sheetId="9"/>')


@case(SOUND)
def sheet_named_in_an_instruction(path: Path) -> None:
    insert(path, BOOK, "<sheets>", f'<?x <sheet name="{MEMBER_SHEET}" r:id="rId1"/> ?>')


@case("F315")
def member_sheet_outside(path: Path) -> None:
    """The only sheet of members is said to lie on a server."""
    old = text(RELATIONS)
    relation = re.search(r"<Relationship [^>]*sheet2\.xml[^>]*>", old)
    assert relation
    new = relation[0].replace("/>", OUTSIDE + "/>")
    new = re.sub(r'Target="[^"]*"', 'Target="file://127.0.0.1/share/sheet2.xml"', new)
    write(path, {RELATIONS: old.replace(relation[0], new)})


@case(SOUND)
def picture_from_a_server(path: Path) -> None:
    linked(path, "image", "http://127.0.0.1:9/x.png", more=OUTSIDE)


@case("F314")
def book_without_relations(path: Path) -> None:
    write(path, {RELATIONS: "<Relationships/>"})


# --- values --------------------------------------------------------------------------------


ID = id_number("130102", "1980-01-01", 1)


def _typed(name: str, expected: str, value: str) -> None:
    def make(path: Path) -> None:
        cells = f'<c r="B8" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
        identity = f'<c r="C8" t="inlineStr"><is><t>{ID}</t></is></c>'
        joined = '<c r="D8" t="inlineStr"><is><t>2010-05-01</t></is></c>'
        rows(path, f'<row r="8">{cells}{identity}{joined}</row>')

    make.__name__ = f"name_{name}"
    case(expected)(make)


for _value in (
    ("that_runs", "X111 X112 K007", "=cmd|'/c calc'!A1"),
    ("that_runs_with_plus", "X111 X112 K007", "+1+1"),
    ("that_runs_with_minus", "X111 X112 K007", "-2+3"),
    ("that_runs_with_at", "X111 X112 K007", "@SUM(1)"),
    ("that_runs_behind_a_tab", "X111 X112 K007", "\t=1+1"),
    ("that_runs_in_full_width", "X111 X112 K007", "＝1+1"),
    ("that_runs_behind_a_zero_width_blank", "X111 X112 K007", "\u200b=1+1"),
    ("with_a_bell", "X111 X112 K005", "钱_x0007_例"),
    ("with_an_escape_sequence", "X111 X112 K005", "_x001B_[2J钱例"),
    ("of_a_private_character", "X111 X112 K006", "钱\ue000"),
    ("of_markup", "X111 X112 K201", "&lt;script&gt;alert(1)&lt;/script&gt;"),
):
    _typed(*_value)


@case(SOUND)
def number_that_makes_the_parser_panic(path: Path) -> None:
    rows(path, '<row r="9"><c r="D9" s="1"><v>-1e15</v></c></row>')


@case("F315")
def string_that_is_not_there(path: Path) -> None:
    rows(path, '<row r="9"><c r="B9" t="s"><v>99999</v></c></row>')


@case("F315")
def cell_in_row_zero(path: Path) -> None:
    rows(path, '<row r="0"><c r="B0"><v>1</v></c></row>')


@case("F315")
def cell_without_a_sheet(path: Path) -> None:
    write(path, {SHEET: text(SHEET).replace("<sheetData>", "<nothing>")})


@case(f"{SOUND} K201 K112 K402")
def sheet_as_wide_as_a_sheet_can_be(path: Path) -> None:
    cells = "".join(f'<c r="{column_letters(n)}20"><v>1</v></c>' for n in range(1, 16_384))
    rows(path, f'<row r="20">{cells}</row>')
