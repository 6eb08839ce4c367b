"""What no honest workbook does is refused before a parser sees it, each with its own code."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from converter import workbook
from converter.workbook.xlsx import archive, parts, sheet_xml
from tests.safety.making import entry
from tests.workbook.books import (
    FORM,
    MEMBER_SHEET,
    SHEET_XML,
    UNIT_SHEET,
    codes,
    member_xml,
    members,
    names,
    only_code,
    parts_of,
    patch,
    read,
    rezip,
    save,
)

MEMBER_XML = SHEET_XML[MEMBER_SHEET]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(tmp_path)


def add(path: Path, name: str, data: bytes = b"x", **changed: int) -> Path:
    info = zipfile.ZipInfo(name)
    for key, value in changed.items():
        setattr(info, key, value)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(info, data)
    return path


def test_file_beyond_the_limit_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_FILE", 100)
    assert only_code(path) == "F006"


def test_too_many_members(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)
    assert only_code(path) == "F301"


def test_too_much_inflated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_INFLATED", 5_000)
    assert only_code(path) == "F302"


def test_bomb_is_known_by_its_ratio(path: Path) -> None:
    zeros = bytes(80 << 20)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("xl/media/a.bin", zeros)
    assert only_code(path) == "F303"


def test_regular_small_file_is_no_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("xl/media/a.bin", bytes(10 << 20))
    assert codes(read(path)) == []


def test_wrong_checksum(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = entry(bytes(data), MEMBER_XML)
    data[at + 16] ^= 0xFF
    path.write_bytes(data)
    assert only_code(path) == "F304"


@pytest.mark.parametrize("lie", [-10, 10])
def test_size_in_the_directory_is_a_lie(path: Path, lie: int) -> None:
    data = bytearray(path.read_bytes())
    at = entry(bytes(data), MEMBER_XML) + 24
    (size,) = struct.unpack_from("<L", data, at)
    struct.pack_into("<L", data, at, size + lie)
    path.write_bytes(data)
    assert only_code(path) == "F304"


def test_broken_compressed_bytes(path: Path) -> None:
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as zipped:
        start = zipped.getinfo(MEMBER_XML).header_offset
    data[start + 80 : start + 120] = bytes(40)
    path.write_bytes(data)
    assert only_code(path) == "F304"


@pytest.mark.parametrize("name", [MEMBER_XML, MEMBER_XML.upper(), MEMBER_XML.replace("/", "\\")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_same_member_twice(path: Path, name: str) -> None:
    assert only_code(add(path, name)) == "F305"


def test_members_that_share_bytes(path: Path) -> None:
    data = bytearray(path.read_bytes())
    first, second = (entry(bytes(data), SHEET_XML[s]) for s in (UNIT_SHEET, MEMBER_SHEET))
    # the second entry points at the first one's bytes and agrees with them in all else
    data[second + 10 : second + 28] = data[first + 10 : first + 28]
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    path.write_bytes(data)
    assert only_code(path) == "F306"


def test_member_with_a_password(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[entry(bytes(data), MEMBER_XML) + 8] |= 1
    path.write_bytes(data)
    assert only_code(path) == "F307"


@pytest.mark.parametrize("name", ["../evil.xml", "xl/../../evil.xml", "xl\\..\\evil.xml"])
def test_member_that_climbs_out(path: Path, name: str) -> None:
    assert only_code(add(path, name)) == "F308"


def test_member_that_is_a_link(path: Path) -> None:
    mode = (stat.S_IFLNK | 0o777) << 16
    assert only_code(add(path, "xl/link.xml", b"/etc/passwd", external_attr=mode)) == "F308"


DTD = '<!DOCTYPE x [<!ENTITY a "{}">]>'.format("a" * 100)


@pytest.mark.parametrize("part", ["xl/workbook.xml", MEMBER_XML, "docProps/core.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_document_type_in_any_encoding(path: Path, part: str, encoding: str) -> None:
    parts = parts_of(path)
    text = parts[part].decode().partition("?>")[2] or parts[part].decode()
    parts[part] = f"{DTD}{text}".encode(encoding)
    assert only_code(rezip(path, parts)) == "F309"


def test_document_type_in_small_letters(path: Path) -> None:
    parts = parts_of(path)
    parts["xl/styles.xml"] = DTD.lower().encode() + parts["xl/styles.xml"]
    assert only_code(rezip(path, parts)) == "F309"


@pytest.mark.parametrize("encoding", ["UTF-7", "IBM037", "x-nonsense"])
def test_encoding_that_hides_markup(path: Path, encoding: str) -> None:
    parts = parts_of(path)
    body = parts["xl/workbook.xml"].partition(b"?>")[2] or parts["xl/workbook.xml"]
    parts["xl/workbook.xml"] = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + body
    assert only_code(rezip(path, parts)) == "F312"


@pytest.mark.parametrize("encoding", ["utf-16", "gbk"])
def test_honest_encodings_are_read(path: Path, encoding: str) -> None:
    parts = parts_of(path)
    for name in ("xl/workbook.xml", "xl/sharedStrings.xml", MEMBER_XML):
        text = parts[name].decode()
        body = text.partition("?>")[2] if text.startswith("<?xml") else text
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        parts[name] = (head + body).encode(encoding)
    submission = read(rezip(path, parts))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)


def shared_strings(path: Path, attributes: str) -> Path:
    parts = parts_of(path)
    text = parts["xl/sharedStrings.xml"].decode()
    start = text.index("<sst")
    head, _, body = text[start:].partition(">")
    head = " ".join(word for word in head.split() if "ount=" not in word)
    parts["xl/sharedStrings.xml"] = f"{text[:start]}{head} {attributes}>{body}".encode()
    return rezip(path, parts)


@pytest.mark.parametrize(
    "claim", ['uniqueCount="4000000000"', "uniqueCount = '999999999999999999999999'"]
)
def test_false_count_of_strings(path: Path, claim: str) -> None:
    assert only_code(shared_strings(path, claim)) == "F310"


@pytest.mark.parametrize("claim", ['uniqueCount="3"', 'uniqueCount="5000" count="1"', ""])
def test_count_that_is_merely_wrong_does_not_matter(path: Path, claim: str) -> None:
    assert codes(read(shared_strings(path, claim))) == []


FAR = '<c r="XFD1048576"><v>1</v></c>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="1048576">{FAR}</row>',
        f'<row r="20">{FAR}</row>',  # in a row of another number
        f'<row r="1048576"><c r="A1048576"/></row><row r="21">{FAR}</row>',
        f"<row>{FAR}</row>",
        "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        '<row\nr="1048576"><c\tt="n"\nr = "XFD1048576"><v>1</v></c></row>',
        f'<x:row xmlns:x="{MAIN}" r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
        '<row r="20"><c r="xfd1048576"><v>1</v></c></row>',
    ],
)
def test_values_in_far_corners_are_refused_with_the_cell(path: Path, rows: str) -> None:
    (issue,) = read(member_xml(path, rows)).issues
    assert (issue.code, issue.place.sheet, issue.place.cell) == ("F311", MEMBER_SHEET, "XFD1048576")
    assert issue.params["cell"] == "XFD1048576"


def test_value_at_the_very_bottom_is_refused_only_if_the_sheet_gets_too_large(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remark = '<row r="1048576"><c r="C1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    member_xml(path, remark)
    monkeypatch.setattr(sheet_xml, "LARGEST_AREA", 1_000_000)
    (issue,) = read(path).issues
    assert (issue.code, issue.place.cell) == ("F311", "C1048576")


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048576"><c r="XFD1048576" s="0"/></row>',
        '<row r="1048576"><c r="XFD1048576" s="0" /></row>',
        '<row r="1048576"><c r="XFD1048576" s="0"></c></row>',
        "<row r='1048576'><c r='XFD1048576' s='0'/></row>",
    ],
)
def test_formatted_blank_cells_in_far_corners_do_not_matter(path: Path, rows: str) -> None:
    submission = read(member_xml(path, rows))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)


def test_corner_of_a_sheet_nobody_asked_for_does_not_matter(tmp_path: Path) -> None:
    path = save(tmp_path, lambda made: made.create_sheet("草稿").append(["x"]))
    far = f'<row r="1048576">{FAR}</row></sheetData>'
    patch(path, "xl/worksheets/sheet3.xml", ("</sheetData>", far))
    assert codes(read(path)) == []


def test_a_hundred_thousand_used_blank_rows_are_cut_off(path: Path) -> None:
    blank = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(20, 100_000))
    data = parts_of(member_xml(path, blank))[MEMBER_XML]
    sheet = sheet_xml.read_sheet(data, MEMBER_SHEET)
    assert sheet.end - sheet.start < 5_000
    assert members(read(path), "name") == names(3)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</sheetData>", ""),
        ("<sheetData>", "<nothing>"),
        ('t="s"', 't="nonsense"'),
        ('<c r="B5"', '<c r="B0"'),
        ('<c r="B5"', '<c r="B1048577"'),  # below the last row there is
        ('<c r="B5"', '<c r="XFE5"'),
        ('<c r="B5"', '<c r="A5" r="B5"'),  # not well-formed
        ("</sheetData>", '<!----><c r="B5"><v>1</v></c></sheetData>'),
        ("</sheetData>", '<x:row r="20"><x:c r="B20"><x:v>1</x:v></x:c></x:row></sheetData>'),
        ("</sheetData>", "</sheetData><!----><sheetData></sheetData>"),
    ],
)
def test_sheet_that_cannot_be_read_is_named(path: Path, old: str, new: str) -> None:
    (issue,) = read(patch(path, MEMBER_XML, (old, new))).issues
    assert (issue.code, issue.place.sheet) == ("F315", MEMBER_SHEET)


def test_string_that_is_not_in_the_table(path: Path) -> None:
    (issue,) = read(member_xml(path, '<row r="9"><c r="B9" t="s"><v>9999</v></c></row>')).issues
    assert issue.code == "F315"


def test_panic_of_the_parser_is_a_refusal(path: Path) -> None:
    """A negative number beyond all days in a date's format makes calamine panic."""
    rows = '<row r="9"><c r="D9" s="1"{}><v>-1e15</v></c></row>'
    assert only_code(member_xml(path, rows.format(' cm="1"'))) == "F315"


def test_usual_sheet_needs_no_parser(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("python_calamine.load_workbook")
    rows = '<row r="9"><c r="D9" s="1"><v>-1e15</v></c></row>'
    assert read(member_xml(path, rows)).sheets["member"]


def test_lack_of_memory_is_not_a_fault_of_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("python_calamine.load_workbook", exhausted)
    member_xml(path, '<row r="9"><c r="B9" cm="1"><v>1</v></c></row>')
    with pytest.raises(MemoryError):
        workbook.read(path, FORM)


def test_unknown_compression(path: Path) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_BZIP2) as zipped:
        zipped.writestr("xl/extra.xml", "<a/>" * 100)
    assert only_code(path) == "F313"


def test_refused_file_tells_nothing_else(path: Path) -> None:
    patch(path, "xl/workbook.xml", (UNIT_SHEET, "别的"))
    assert only_code(member_xml(path, f'<row r="1048576">{FAR}</row>')) == "F311"


@pytest.mark.parametrize("part", ["xl/styles.xml", MEMBER_XML])
@pytest.mark.parametrize("offset", [16, 24], ids=["checksum", "size"])
def test_a_part_that_was_sound_in_another_file_is_looked_at_again(
    path: Path, part: str, offset: int
) -> None:
    assert "F304" not in [code for code, _ in codes(read(path))]
    data = bytearray(path.read_bytes())
    data[entry(bytes(data), part) + offset] ^= 1
    path.write_bytes(data)
    assert only_code(path) == "F304"


def test_large_pieces_are_not_kept() -> None:
    requested: list[int] = []
    read_once = parts.remembered(lambda data: requested.append(len(data)))
    for size in (5, 5, parts.LONGEST_REMEMBERED + 1, parts.LONGEST_REMEMBERED + 1):
        read_once(bytes(size))
    assert requested == [5, parts.LONGEST_REMEMBERED + 1, parts.LONGEST_REMEMBERED + 1]
