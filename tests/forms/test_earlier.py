"""Whoever brings an older workbook is told what the form has otherwise now."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from converter import workbook
from converter.forms import comparing, earlier, form_package, installed, loading
from converter.forms.form_files import CHANGES, card_files
from converter.messages import catalogue
from converter.model.errors import FormError
from converter.model.forms import EarlierForm, Form, FormChange
from converter.model.issues import Level
from converter.template import renderer
from converter.usecases import form_packages
from converter.usecases.form_packages import Amending
from tests.identity.unions import Office, office

NOW = 1_772_000_000
FORM = loading.DEFAULT_FORM
BUILT_IN = loading.templates_dir() / FORM
SECOND = "改名 驻地通讯地址→新地址"


@pytest.fixture
def union(tmp_path: Path) -> Office:
    return office(tmp_path)


def version(folder: Path, number: str, change: Callable[[str], str]) -> Path:
    """The shipped form under another version, its unit's card changed."""
    for name, data in card_files(BUILT_IN).items():
        path = folder / number / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for name, edit in (
        ("form.toml", lambda text: text.replace('"2026.1"', f'"{number}"', 1)),
        ("unit.toml", change),
    ):
        path = folder / number / name
        path.write_text(edit(path.read_text("utf-8")), "utf-8")
    return folder / number


def renamed(text: str) -> str:
    return text.replace('title = "驻地通讯地址"', 'title = "新地址"')


def also_required(text: str) -> str:
    key = 'key = "address"\n'
    assert key in text
    return renamed(text).replace(key, f"{key}required = true\n")


def installed_form(union: Office, folder: Path) -> Form:
    """A version as a unit has it that installed its package."""
    path = form_packages.pack(folder, union.keys, folder.with_suffix(".zip"), NOW).path
    return form_packages.install(form_package.read(path)).now


def on_another_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """One whose program brings no form of this name, and where nothing was installed."""
    for variable in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / name))
    monkeypatch.setattr(loading, "templates_dir", lambda: tmp_path / "no forms")


def test_a_package_says_what_each_earlier_version_had_otherwise(
    union: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = loading.load(BUILT_IN)
    second = installed_form(union, version(tmp_path, "2026.2", renamed))
    packed = form_packages.pack(
        version(tmp_path, "2026.3", also_required), union.keys, tmp_path / "3.zip", NOW
    )
    on_another_computer(tmp_path, monkeypatch, "unit")
    third = form_packages.install(form_package.read(packed.path)).now
    assert earlier.since(third, "2026.2", second.cards_digest) == "改为必填 新地址"
    both = f"{SECOND}；改为必填 新地址"
    assert earlier.since(third, "2026.1", first.cards_digest) == both
    assert earlier.since(third, "2026.1", "") == both  # workbooks that name no digest
    assert earlier.since(third, "2026.3", "0" * 16) == ""
    assert earlier.since(third, "2025.1", "") == ""
    assert earlier.since(third, "2027.1", first.cards_digest) == ""


def test_versions_that_are_not_at_hand_are_known_step_by_step(
    union: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = loading.load(BUILT_IN)
    packed = form_packages.pack(
        version(tmp_path, "2026.2", renamed), union.keys, tmp_path / "2.zip", NOW
    )
    third = version(tmp_path, "2026.3", also_required)
    on_another_computer(tmp_path, monkeypatch, "maintainer")
    form_packages.install(form_package.read(packed.path))
    now = installed_form(union, third)
    assert [one.version for one in now.earlier] == ["2026.1", "2026.2"]
    assert earlier.since(now, "2026.1", first.cards_digest) == f"{SECOND}；改为必填 新地址"


def test_an_older_workbook_is_told_what_changed(union: Office, tmp_path: Path) -> None:
    old = tmp_path / "旧表.xlsx"
    old.write_bytes(renderer.renderer_of(loading.load(BUILT_IN)).blank(rows=3))
    folder = version(tmp_path, "2026.2", renamed)
    form = installed_form(union, folder)
    issue = next(one for one in workbook.read(old, form).issues if one.code == "S012")
    assert SECOND in catalogue.sentence(issue, form)


def test_an_amendment_is_a_change_for_files_made_before_it(union: Office, tmp_path: Path) -> None:
    before = loading.load(BUILT_IN)
    levels = {"X101": None, "K601:unit.honour": Level.NOTE}
    amending = Amending(levels, (), "口径有误")
    form_packages.amend(BUILT_IN, union.keys, tmp_path / "a.zip", amending, NOW)
    now = loading.load(loading.form_dir())
    assert now.digest != before.digest
    found = earlier.since(now, now.version, before.digest)
    expected = [catalogue.heading("X101", now), catalogue.heading("K601", now)]
    assert found.startswith("检查变了 ")
    assert all(heading in found for heading in expected)
    # The other way round: made with the amendment, read where it has been restored.
    assert earlier.since(before, now.version, now.digest) == found


def test_many_changes_are_counted() -> None:
    params = [{"sheet": "表", "title": f"项目{number}"} for number in range(9)]
    form = loading.load(BUILT_IN)
    changes = tuple(FormChange("field_new", one) for one in params)
    assert comparing.summary(changes) == "新增 项目0、项目1、项目2、项目3、项目4等 9 项"
    known = [EarlierForm("1", "00", changes)]
    assert earlier.text(form, known).count("field_new") == 9


def test_changes_written_for_other_cards_count_nothing(tmp_path: Path) -> None:
    folder = version(tmp_path, "2026.2", renamed)
    form = loading.load(folder)
    known = [EarlierForm("2026.1", "9" * 16, (FormChange("list", {"titles": "引“号”\\"}),))]
    (folder / CHANGES).write_text(earlier.text(form, known), "utf-8")
    assert list(earlier.read(folder, form.cards_digest)) == known
    assert earlier.read(folder, "0" * 16) == ()


@pytest.mark.parametrize(
    ("slip", "key"),
    [
        (("field_new", "field_newer"), "form_change_kind"),
        (('title = "项目"', 'name = "项目"'), "form_unknown_key"),
        (('title = "项目"', 'title = "项\\n目"'), "form_text"),
        (("version", "vision"), "form_unknown_key"),
    ],
)
def test_broken_changes_are_refused(slip: tuple[str, str], key: str, tmp_path: Path) -> None:
    form = loading.load(BUILT_IN)
    params = {"sheet": "表", "title": "项目"}
    text = earlier.text(form, [EarlierForm("1", "00", (FormChange("field_new", params),))])
    assert slip[0] in text
    (tmp_path / CHANGES).write_text(text.replace(*slip), "utf-8")
    with pytest.raises(FormError) as refused:
        earlier.read(tmp_path, form.cards_digest)
    assert refused.value.message_key == key


def test_what_was_packed_is_kept_but_not_used(union: Office, tmp_path: Path) -> None:
    folder = version(tmp_path, "2026.2", renamed)
    form_packages.pack(folder, union.keys, tmp_path / "2.zip", NOW)
    assert loading.form_dir(FORM) == BUILT_IN
    assert not (installed.place(FORM) / installed.STATE).exists()


def test_a_list_of_changes_is_written_over_if_nothing_is_lost(tmp_path: Path) -> None:
    second = version(tmp_path, "2026.2", renamed)
    card = second / "unit.toml"
    first, beside = loading.load(BUILT_IN), second / CHANGES
    assert form_packages.write_changes(first, loading.load(second), beside) == beside
    digest = loading.load(second).cards_digest
    card.write_text(
        also_required(card.read_text("utf-8").replace("新地址", "驻地通讯地址")), "utf-8"
    )
    changed = loading.load(copied(second, tmp_path / "changed"))
    assert changed.cards_digest != digest
    assert not changed.earlier
    assert form_packages.write_changes(first, changed, beside) == beside
    again = loading.load(copied(second, tmp_path / "again"))
    assert [one.digest for one in again.earlier] == [first.cards_digest]
    third = loading.load(version(tmp_path, "2026.0", lambda text: text))
    assert form_packages.write_changes(third, again, beside) == beside  # the first stays in it
    both = {first.cards_digest, third.cards_digest}
    assert {one.digest for one in earlier.read_file(beside)[1]} == both
    # For other cards the two older definitions would be lost: it stands beside, and is no card.
    beside_it = form_packages.write_changes(again, changed_title(second, tmp_path), beside)
    assert beside_it == second / "changes-2.toml"
    assert loading.load(copied(second, tmp_path / "whole")).digest == again.digest
    assert "changes-2.toml" not in card_files(second)


def copied(folder: Path, to: Path) -> Path:
    """The same cards elsewhere, where they were not read yet."""
    shutil.copytree(folder, to)
    return to


def changed_title(folder: Path, tmp_path: Path) -> Form:
    own = copied(folder, tmp_path / "title")
    (own / CHANGES).unlink()
    form = own / "form.toml"
    form.write_text(form.read_text("utf-8").replace('"2026.2"', '"2026.3"', 1), "utf-8")
    return loading.load(own)
