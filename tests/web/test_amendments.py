"""A running portal checks by the rules that the union amends meanwhile, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from starlette.testclient import TestClient

from converter.forms import form_files, form_store, installed, loading
from converter.forms.installed import InstalledPart
from converter.model.issues import Level
from converter.usecases import form_packages
from converter.usecases.form_packages import Amending
from converter.web import app as application
from converter.web import check_page
from tests.people import MEMBERS
from tests.people import UNIT as ANSWERS
from tests.sheets import MEMBER_SHEET, blank, fill, member_cell, put
from tests.web import world
from tests.web.running import heading
from tests.web.test_correcting import cells, left, name_of
from tests.web.visitors import Visitor
from tests.web.world import World

REASON = "派遣人员不算职工"


def too_many(*, fault: bool = False) -> bytes:
    """A unit with more members than staff; with a fault an ID number is a digit short."""
    fewer = {"职工总数": 11, "女职工人数": ANSWERS["女职工会员数"]}
    fewer |= {"农民工人数": ANSWERS["农民工会员数"]}
    answers = ANSWERS | fewer | {"单位工会名称": world.unit(1).name}
    stream = BytesIO()
    book = fill(blank(15), answers)
    if fault:
        put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    book.save(stream)
    return stream.getvalue()


def amend(union: World, level: Level | None = None, now: int = 0) -> None:
    changes = Amending({"X101": level}, (), REASON)
    form_packages.amend(loading.form_dir(), union.keys, union.root / f"{now}.zip", changes, now)


@pytest.fixture
def clerk(union: World) -> Iterator[Visitor]:
    """A unit that is signed in at a portal of its own."""
    with TestClient(app := application.build(union.settings(form=None))):
        yield Visitor(app).enter(union)


def test_the_next_upload_is_checked_by_the_amended_rules_and_the_page_says_why(
    union: World, clerk: Visitor
) -> None:
    assert heading(clerk.upload(("填报.xlsx", too_many()))) == "检查结果：有错误"
    for now, (level, verdict) in enumerate([(Level.WARNING, "有提示"), (None, "通过")]):
        amend(union, level, now)
        page = clerk.upload(("填报.xlsx", too_many()))
        assert heading(page) == f"检查结果：{verdict}"
        assert REASON in page.text
        assert "提交上报" in page.text


def test_an_upload_under_way_is_checked_to_its_end_by_the_form_it_began_with(
    union: World, clerk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = check_page._save

    def saved(*given: Any) -> Any:
        amend(union)
        assert Visitor(clerk.app).get("/health").status_code == 200  # begins meanwhile
        return save(*given)

    with monkeypatch.context() as during:
        during.setattr(check_page, "_save", saved)
        page = clerk.upload(("填报.xlsx", too_many()))
    assert heading(page) == "检查结果：有错误"
    assert REASON not in page.text
    assert heading(clerk.upload(("填报.xlsx", too_many()))) == "检查结果：通过"


def test_what_is_being_corrected_keeps_its_text_and_is_checked_again(
    union: World, clerk: Visitor
) -> None:
    address = f"{clerk.upload(('填报.xlsx', too_many(fault=True))).url.path}/correct"
    page = clerk.get(address)
    number = name_of(page, MEMBERS[2][1][:-1])
    page = clerk.post(address, do="check", **{number: MEMBERS[2][1][:-2]})  # still wrong
    before = left(page)
    amend(union)
    page = clerk.get(address)
    assert (before, left(page)) == ("还剩 2 处错误、0 处提示。", "还剩 1 处错误、0 处提示。")
    assert cells(page)[number] == MEMBERS[2][1][:-2]
    done = clerk.post(address, do="finish", **{number: MEMBERS[2][1]})
    assert heading(done) == "检查结果：通过"


def test_a_form_package_is_taken_as_well_and_a_broken_place_changes_nothing(
    union: World, clerk: Visitor
) -> None:
    files = form_files.card_files(world.FOLDER)
    files["form.toml"] = files["form.toml"].replace(b'"2026.1"', b'"2026.2"')
    part = InstalledPart(form_store.store_form("jiceng", files), "2026.2", "", "")
    form_store.keep("jiceng", part, None)
    assert clerk.get("/").status_code == 200
    services = clerk.app.state.services
    assert services.form.version == "2026.2"
    (installed.place("jiceng") / installed.STATE).write_bytes(b"{")
    assert heading(clerk.upload(("填报.xlsx", world.workbook()))) == "检查结果：有提示"
    assert clerk.app.state.services is services
