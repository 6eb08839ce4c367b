"""Workbooks pressed from a pattern are those that are built one by one."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from converter import form, ooxml, template, workbook
from converter.model import Form, Stamp
from converter.template.many import Press
from converter.template.saving import parts

STAMP = Stamp(
    unit_code="130102-0001",
    unit_name="示例机械有限公司工会委员会",
    superior_code="130102",
    superior_name="示例县总工会",
    period="2026",
    serial=3,
)
AWKWARD = Stamp(
    unit_code="A-1",
    unit_name="2号<示例> & \"甲\" '乙' _x0041_ @@unit_code@@",
    superior_name="示例&总工会",
    period="2026年",
    serial=999_999_999,
)


@pytest.fixture(scope="module")
def definition() -> Form:
    return form.load(form.form_dir())


@pytest.fixture(scope="module")
def press(definition: Form) -> Press:
    return Press(definition, 20)


@pytest.mark.parametrize("stamp", [STAMP, AWKWARD], ids=["plain", "awkward"])
def test_part_by_part_it_is_what_build_makes(stamp: Stamp, definition: Form, press: Press) -> None:
    built = parts(template.build(definition, rows=20, stamp=stamp))
    with zipfile.ZipFile(BytesIO(press.print(stamp))) as pressed:
        assert pressed.testzip() is None
        assert pressed.namelist() == [name for name, _ in built]
        for name, data in built:
            assert pressed.read(name) == data, name


def test_it_is_read_back_with_its_stamp_and_locked_names(
    definition: Form, press: Press, tmp_path: Path
) -> None:
    for number, stamp in enumerate((STAMP, AWKWARD)):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(press.print(stamp))
        found = workbook.read(path, definition)
        assert (found.stamp.unit_name, found.stamp.serial) == (stamp.unit_name, stamp.serial)
        assert found.unit is not None
        assert found.unit.columns["unit_name"].text == [stamp.unit_name]
        assert found.unit.columns["superior_union"].text == [stamp.superior_name]


def test_the_form_is_built_once_for_units_of_one_make(
    definition: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.template import many

    built: list[Stamp] = []
    whole = many.build

    def counted(*args: Form, rows: int, stamp: Stamp) -> object:
        built.append(stamp)
        return whole(*args, rows=rows, stamp=stamp)

    monkeypatch.setattr(many, "build", counted)
    press = Press(definition, 20)
    for stamp in (STAMP, AWKWARD, STAMP, AWKWARD):
        press.print(stamp)
    assert len(built) == 2  # with and without a code of the superior union


def test_a_place_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="@@b@@"):
        ooxml.Pattern([("a", b"x @@a@@")], [b"@@a@@", b"@@b@@"], when=0)


def test_a_pattern_fills_its_places_and_leaves_the_rest() -> None:
    members = [("a.xml", b"<a>@@n@@</a>" * 3), ("b.bin", bytes(range(256)) * 300), ("c", b"")]
    pattern = ooxml.Pattern(members, [b"@@n@@"], when=1_767_225_600)
    for value in (b"", b"x", "示例".encode(), b"y" * 65_535):
        fill = {b"@@n@@": value}
        with zipfile.ZipFile(
            BytesIO(pattern.copy(lambda _, place, fill=fill: fill[place]))
        ) as found:
            assert found.testzip() is None
            assert found.read("a.xml") == (b"<a>" + value + b"</a>") * 3
            assert (found.read("b.bin"), found.read("c")) == (members[1][1], b"")
            assert found.getinfo("a.xml").date_time == (2026, 1, 1, 0, 0, 0)


def test_many_files_are_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1").write_bytes(b"old")
    ooxml.write_many([(tmp_path / "1", b"one"), (tmp_path / "2", b"two")])
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"1": b"one", "2": b"two"}

    def full() -> None:
        raise OSError(28, "disk full")

    monkeypatch.setattr(ooxml, "flush_all", full)
    with pytest.raises(OSError, match="disk full"):
        ooxml.write_many([(tmp_path / "1", b"new"), (tmp_path / "3", b"new")])
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"1": b"one", "2": b"two"}
