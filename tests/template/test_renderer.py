"""Workbooks rendered from a blueprint are those that are built one by one."""

from __future__ import annotations

import html
import itertools
import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from converter import workbook as workbooks
from converter.files import writing, zip_writing
from converter.forms import loading
from converter.model.forms import Form
from converter.model.submissions import Stamp
from converter.template import answers
from converter.template import renderer as module
from converter.template.blueprint import compact, split, workbook
from converter.template.cell_text import harmless
from converter.template.labels import label
from converter.template.layout import layout
from converter.template.renderer import TemplateRenderer, prepared_rows, renderer_of
from converter.template.saving import parts
from converter.template.style import Painter
from tests.canonical import IDENTITY
from tests.forms.small import EVERY_KIND

STAMP = Stamp().of_holder(IDENTITY)
AWKWARD = Stamp(
    unit_code="A-1",
    unit_name="2号<示例> & \"甲\" '乙' _x0041_ @@unit_code@@",
    superior_name="示例&总工会",
    period="2026年",
    serial=999_999_999,
)


@pytest.fixture(scope="module")
def definition() -> Form:
    return loading.load(EVERY_KIND)


@pytest.fixture(scope="module")
def renderer(definition: Form) -> TemplateRenderer:
    return TemplateRenderer(definition)


def test_places_are_found_among_texts_that_are_like_them() -> None:
    """As a pattern of all of them would find them."""
    known = {b"@@a@@", b"@@b:@c:D1@@"}
    pattern = re.compile(b"(" + b"|".join(sorted(known)) + b")")
    for pieces in itertools.product([b"@", b"a", b"@@", b"@@x@@", *known], repeat=5):
        data = b"".join(pieces)
        assert list(split(data, known)) == pattern.split(data), data


@pytest.mark.parametrize("stamp", [STAMP, AWKWARD], ids=["plain", "awkward"])
def test_what_is_pressed_is_what_is_designed(
    stamp: Stamp, definition: Form, renderer: TemplateRenderer
) -> None:
    """Part by part, but for styles that answers may need and the rows that are written here."""
    designed = parts(workbook(layout(definition, 1), Painter(label(definition, "font")), stamp))
    with zipfile.ZipFile(BytesIO(renderer.blank(stamp, rows=1))) as rendered:
        assert rendered.testzip() is None
        assert rendered.namelist() == [name for name, _ in designed]
        for name, data in designed:
            if name not in ("xl/styles.xml", "xl/worksheets/sheet3.xml"):
                assert _styleless(rendered.read(name)) == _styleless(compact(data)), name


def _styleless(xml: bytes) -> bytes:
    """Without styles, and without what formulas come to; texts in one of two ways to write them."""
    xml = re.sub(rb't="inlineStr"><is><t>([^<]*)</t></is>', rb't="str"><v>\1</v>', xml)
    xml = re.sub(rb' t="(?:str|b)"(?=><f[ >])', b"", xml)
    return re.sub(
        rb"(<f[^>]*/>|</f>)(?:<v/>|<v>[^<]*</v>)", rb"\1", re.sub(rb' s="[0-9]+"', b"", xml)
    )


def test_a_filled_workbook_and_a_blank_one_differ_in_nothing_else(
    renderer: TemplateRenderer,
) -> None:
    """Two ways to render, one result: with patterns for many, row by row for answers."""
    for stamp in (STAMP, AWKWARD):
        few, row_by_row = renderer.blank(stamp, rows=30), renderer.filled(None, stamp, rows=30)
        with (
            zipfile.ZipFile(BytesIO(few)) as one,
            zipfile.ZipFile(BytesIO(b"".join(row_by_row))) as other,
        ):
            assert one.namelist() == other.namelist()
            for name in one.namelist():
                assert one.read(name) == other.read(name), name


def test_it_is_read_back_with_its_stamp_and_locked_names(
    definition: Form, renderer: TemplateRenderer, tmp_path: Path
) -> None:
    for number, stamp in enumerate((STAMP, AWKWARD)):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(renderer.blank(stamp, rows=20))
        found = workbooks.read(path, definition)
        assert (found.stamp.unit_name, found.stamp.serial) == (stamp.unit_name, stamp.serial)
        assert "unit" in found.sheets
        assert found.sheets["unit"].columns["unit_name"].text == [stamp.unit_name]
        assert found.sheets["unit"].columns["superior_union"].text == [stamp.superior_name]


def test_the_form_is_designed_once_for_units_of_one_make(
    definition: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.template import blueprint

    made: list[frozenset[str]] = []
    whole = blueprint.design_blueprint

    def counted(form: Form, names: frozenset[str], **how: bool) -> object:
        made.append(names)
        return whole(form, names, **how)

    monkeypatch.setattr(module, "design_blueprint", counted)
    form = replace(definition)  # nothing is kept of it
    for rows in (20, 40):
        for stamp in (STAMP, AWKWARD, STAMP, AWKWARD):
            renderer_of(form).blank(stamp, rows=rows)
    assert len(made) == 2  # with and without a code of the superior union


def test_not_every_design_that_files_ask_for_is_kept(
    definition: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DESIGNS_KEPT", 2)
    renderer = TemplateRenderer(definition)
    for stamp in (STAMP, AWKWARD, Stamp(), STAMP):
        renderer.filled(None, stamp, rows=3)
        assert len(renderer._blueprints) <= 2


@pytest.mark.parametrize("rows", [1, 2, 2000, 2001, 2002, 5000])
def test_every_prepared_row_is_there_and_none_more(
    rows: int, definition: Form, renderer: TemplateRenderer
) -> None:
    with zipfile.ZipFile(BytesIO(renderer.blank(rows=rows))) as rendered:
        sheet = rendered.read("xl/worksheets/sheet3.xml")
        book = rendered.read("xl/workbook.xml")
    numbers = [int(n) for n in re.findall(rb'<row r="([0-9]+)"', sheet)]
    assert numbers == list(range(1, rows + 5))
    assert b"1040003" not in sheet + book
    assert b"@@" not in sheet + book
    assert (b"MATCH('" in book) == (rows <= definition.limits["live_duplicates"])


def test_a_place_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="@@b@@"):
        zip_writing.Pattern([("a", b"x @@a@@")], [b"@@a@@", b"@@b@@"], when=0)


def test_a_pattern_fills_its_places_and_leaves_the_rest() -> None:
    members = [("a.xml", b"<a>@@n@@</a>" * 3), ("b.bin", bytes(range(256)) * 300), ("c", b"")]
    pattern = zip_writing.Pattern(members, [b"@@n@@"], when=1_767_225_600)
    for value in (b"", b"x", "示例".encode(), b"y" * 65_535):
        fill = {b"@@n@@": value}

        def filled(_: str, place: bytes, fill: dict[bytes, bytes] = fill) -> bytes:
            return fill[place]

        with zipfile.ZipFile(BytesIO(pattern.copy(filled))) as found:
            assert found.testzip() is None
            assert found.read("a.xml") == (b"<a>" + value + b"</a>") * 3
            assert (found.read("b.bin"), found.read("c")) == (members[1][1], b"")
            assert found.getinfo("a.xml").date_time == (2026, 1, 1, 0, 0, 0)


def test_many_files_are_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1").write_bytes(b"old")
    writing.write_many([(tmp_path / "1", b"one"), (tmp_path / "2", b"two")])
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"1": b"one", "2": b"two"}

    def full() -> None:
        raise OSError(28, "disk full")

    monkeypatch.setattr(writing, "flush_all", full)
    with pytest.raises(OSError, match="disk full"):
        writing.write_many([(tmp_path / "1", b"new"), (tmp_path / "3", b"new")])
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"1": b"one", "2": b"two"}


def test_more_members_than_a_sheet_prepares_rows_for_still_have_theirs() -> None:
    assert prepared_rows(500, 0) == 500
    assert prepared_rows(1, 7) == 27
    assert prepared_rows(2_000_000, 0) == 1_048_476
    assert prepared_rows(1, 1_048_500) == 1_048_500


@pytest.mark.parametrize(
    "text", ["a\x01b", "\x01", "a\x00", "<&>", " a", "a\n", "_x0041_", "𠮷", "]]>"]
)
def test_odd_texts_make_sound_cells(text: str) -> None:
    from xml.etree import ElementTree

    cell = ElementTree.fromstring(b'<c s="1' + answers.plain(text))
    shown = "".join(cell.itertext())
    assert shown == harmless(text)
    assert answers.encoded([text, "b"]) is None or harmless(text) == text


@pytest.mark.parametrize(
    "name", ["𠮷" * 120 + "工会", "示例&" * 60, "示" * 140, "示例机械有限公司工会委员会"]
)
def test_a_footer_is_never_longer_than_excel_takes(name: str, definition: Form) -> None:
    """Excel repairs a workbook whose footer has more than 255 units of UTF-16."""
    made = TemplateRenderer(definition).blank(replace(STAMP, unit_name=name), rows=5)
    with zipfile.ZipFile(BytesIO(made)) as archive:
        sheets = [archive.read(n).decode() for n in archive.namelist() if "worksheets/" in n]
    footers = [
        html.unescape(f)
        for s in sheets
        for f in re.findall("<oddFooter>(.*?)</oddFooter>", s, re.S)
    ]
    assert len(footers) > 2
    for footer in footers:
        assert len(footer.encode("utf-16-le")) // 2 <= 255
        assert re.sub("&&", "", footer).count("&") == 8  # three parts with their size, two numbers
        left = footer.partition("&8 ")[2].partition("&C")[0].replace("&&", "&")
        shown = left.rpartition("\n")[2]  # below the line to sign on
        assert shown == name or (shown.endswith("…") and name.startswith(shown[:-1]))
