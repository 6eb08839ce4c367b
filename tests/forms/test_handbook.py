"""Every change that the maintainer's handbook shows works from the template to the statistics."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from converter.forms import loading
from converter.kinds import KINDS
from converter.model.forms import Form
from tests import commands, make_samples, sheets
from tests.forms import handbook, small
from tests.sample_people import UNIT, member

SNIPPETS = handbook.snippets()
ORIGINAL = loading.load(loading.form_dir())


def answers(form: Form) -> dict[str, str]:
    """A right answer to every field that asks for one, by key."""
    known = {field.key: UNIT[field.title] for field in ORIGINAL.record if field.title in UNIT}
    found = {}
    for field in form.record:
        if field.key in known:
            found[field.key] = str(known[field.key])
        elif field.required:
            found[field.key] = KINDS[field.kind].example_of(field, form)
    return found


def people(count: int) -> list[dict[str, str]]:
    return [
        {"name": name, "id_number": number, "joined_on": str(joined)}
        for name, number, joined in map(member, range(count))
    ]


def walk(form: Path, folder: Path, *, last: bool) -> None:
    """Template, check, convert, receive and statistics, each without a fault; at last whatever
    else a form is asked for."""

    def run(*arguments: object) -> str:
        done = commands.run("--form", form, *arguments, env={"SOURCE_DATE_EPOCH": "1780272000"})
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    folder.mkdir()
    (folder / "inbox").mkdir()
    run("template", "-o", folder / "空白.xlsx")
    loaded = loading.load(form)
    given = small.submission(loaded, unit=answers(loaded), member=people(40))
    filled = small.written(given, loaded, folder / "填报.xlsx")
    run("check", filled, "--strict")
    run("convert", filled, "-o", folder / "inbox" / "上报.zip")
    run("receive", folder / "inbox", "--store", folder / "库")
    run("stats", "--store", folder / "库")
    if last:
        for command in (("stats", filled), ("fields",), ("explain",)):
            run(*command)


def test_the_handbook_shows_every_kind_of_change() -> None:
    done = [(Path(s.file).name, s.action.partition(" ")[0]) for s in SNIPPETS]
    assert {
        ("unit.toml", ""), ("unit.toml", "加在"), ("unit.toml", "改成"), ("unit.toml", "删掉"),
        ("honour.csv", ""), ("rules.toml", ""), ("rules.toml", "删掉"), ("form.toml", "改成"),
    } == {*done}  # fmt: skip
    required = re.compile("^required = true$", re.MULTILINE)
    assert any(s.file == "unit.toml" and not s.action and required.search(s.text) for s in SNIPPETS)
    assert {"K116", "version", "period"} <= {key for s in SNIPPETS for key in s.keys}


def test_the_changes_of_the_handbook_work_one_after_another(tmp_path: Path) -> None:
    for number, snippet in enumerate(SNIPPETS):
        form = tmp_path / f"form{number}"
        before = tmp_path / f"form{number - 1}" if number else loading.form_dir()
        shutil.copytree(before, form)
        snippet.apply(form)
        assert loading.digest(form) != loading.digest(before), snippet.name
        walk(form, tmp_path / f"work{number}", last=snippet is SNIPPETS[-1])


@pytest.fixture
def changed(tmp_path: Path) -> Form:
    """The form after all changes."""
    folder = Path(shutil.copytree(loading.form_dir(), tmp_path / "form"))
    for snippet in SNIPPETS:
        snippet.apply(folder)
    return loading.load(folder)


def test_the_changes_are_in_the_form(changed: Form) -> None:
    keys = [field.key for field in changed.record]
    assert keys[keys.index("phone") + 1] == "fax"
    assert "approval_number" not in keys
    assert changed.field("unit.address").title == "单位通讯地址"
    assert changed.codes["honour"].find("4")
    assert changed.rule("X190")
    assert changed.rule("X113") is None
    assert changed.levels["K116"] == "warning"
    assert (changed.version, changed.prose["period"]) == ("2027.1", "2027")


def test_a_field_joins_the_section_that_it_names(changed: Form) -> None:
    sections = [field.section for field in changed.record]
    seats = changed.field("unit.canteen_seats")
    last = max(n for n, section in enumerate(sections) if section == seats.section)
    assert changed.record.fields[last] == seats
    assert sections == sorted(sections, key=sections.index)


def form_with_seats(folder: Path) -> Form:
    form = Path(shutil.copytree(loading.form_dir(), folder / "seats"))
    seats = next(s for s in SNIPPETS if "canteen_seats" in s.keys)
    seats.apply(form)
    return loading.load(form)


def test_samples_fill_in_what_a_form_has_gained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sheets, "FORM", form_with_seats(tmp_path))
    sheets._blank.cache_clear()
    try:
        for name, done in make_samples.correct():
            assert isinstance(done, make_samples.Sheets)
            done.book.save(tmp_path / name)
            assert make_samples.stands_in_the_way(tmp_path / name) == []
    finally:
        sheets._blank.cache_clear()


def test_a_correct_sample_that_is_not_clean_is_refused(tmp_path: Path) -> None:
    book = sheets.fill(sheets.blank(), {**UNIT, "职工总数": 1}, [member(0)])
    path = sheets.saved(book, tmp_path)
    assert ("error", "X101") in {
        (level, code) for level, code, _ in make_samples.stands_in_the_way(path)
    }
