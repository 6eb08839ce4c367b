"""The officer's pages: a door without a default password, and figures of what was published."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from converter.forms import loading
from converter.identity import keys, passwords
from converter.register import RosterEntry
from converter.usecases import deciding
from converter.usecases.receive import Plan, receive
from converter.web import app as application
from converter.web import attempts
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.web.conftest import Clock
from tests.web.running import alert, files, heading
from tests.web.visitors import Visitor
from tests.web.world import FOLDER, World, workbook


def collect(own: World, *, reply: bool = True) -> None:
    """What the officer does with `receive`."""
    plan = Plan(
        FOLDER, loading.read(FOLDER), own.reply if reply else None, own.keys,
        keys.signer(own.keys), 1, int(time.time()),
    )  # fmt: skip
    roster = [RosterEntry(u.code, u.name, u.superior_code, u.superior_name) for u in own.units]
    with Worker() as worker:
        receive(own.inbox, own.store, plan, worker, roster=roster)


@pytest.fixture(scope="module")
def collected(original: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Unit 1 was refused, unit 2 was accepted, unit 3 never heard of."""
    own = original.copied(tmp_path_factory.mktemp("collected") / "union")
    own.inbox.mkdir()
    (own.inbox / "1.xlsx").write_bytes(workbook(1, fault=True))
    (own.inbox / "2.xlsx").write_bytes(workbook(2))
    collect(own)
    return own


@pytest.fixture(scope="module")
def app(collected: World) -> Iterator[Any]:
    made = application.build(collected.settings())
    made.state.password = application.officer_password(made, reset=True)
    yield made
    made.state.services.state.close()


@pytest.fixture
def officer(app: Any) -> Visitor:
    visitor = Visitor(app)
    assert visitor.officer(app.state.password).url.path == "/officer"
    return visitor


# --- the door ---------------------------------------------------------------------------------


def test_the_password_is_made_at_the_first_start_shown_once_and_kept_as_a_hash(
    union: World,
) -> None:
    first = application.build(union.settings())
    made = application.officer_password(first, reset=False)
    assert len(passwords.typed(made)) == 12
    state = first.state.services.state
    assert state.get("officer").startswith("scrypt$")
    assert made not in state.get("officer")
    assert application.officer_password(first, reset=False) == ""
    state.close()
    second = application.build(union.settings())
    assert application.officer_password(second, reset=False) == ""
    assert Visitor(second).officer(made).url.path == "/officer"
    other = application.officer_password(second, reset=True)
    assert Visitor(second).officer(made).status_code == 403
    assert Visitor(second).officer(other).url.path == "/officer"


def test_no_page_opens_without_it(app: Any, collected: World) -> None:
    paths = ["", "/units", "/faults", "/figures", "/chart/progress", "/download/missing.csv",
             "/download/summary.xlsx"]  # fmt: skip
    for visitor in (Visitor(app), Visitor(app).enter(collected)):
        for path in paths:
            assert visitor.get(f"/officer{path}").url.path == "/officer/sign-in"
    for wrong in ("", "admin", "AAAA-BBBB-CCCC"):
        assert Visitor(app, f"192.0.2.{len(wrong)}").officer(wrong).status_code == 403


def test_an_officer_is_no_unit(officer: Visitor) -> None:
    assert officer.get("/unit").url.path == "/identity"
    assert officer.post("/unit/identity").url.path == "/identity"


def test_guessing_has_to_wait(union: World) -> None:
    clock = Clock(time.time())
    made = application.build(union.settings(clock=clock))
    password = application.officer_password(made, reset=False)
    visitor = Visitor(made)
    codes = [visitor.officer("AAAA-BBBB-CCCC").status_code for _ in range(60)]
    free = attempts.ONE_NAME.free
    assert codes == [403] * free + [429] * (60 - free)
    assert visitor.officer(password).status_code == 429
    assert Visitor(made, "198.51.100.7").officer(password).url.path == "/officer"
    # A new password starts with a clean sheet.
    other = application.officer_password(made, reset=True)
    assert visitor.officer(other).url.path == "/officer"
    # An address that has been inside is not locked out.
    assert [visitor.officer("AAAA-BBBB-CCCC").status_code for _ in range(9)] == [403] * 9
    assert visitor.officer(other).url.path == "/officer"


# --- pages ------------------------------------------------------------------------------------------


def test_progress_counts_every_unit_once(officer: Visitor) -> None:
    page = officer.get("/officer")
    numbers = dict(
        zip(
            ("all", "accepted", "warnings", "held", "waiting", "rate", "missing"),
            [int(n) for n in re.findall(r"<strong[^>]*>(\d+)%?</strong>", page.text)],
            strict=True,
        )
    )
    assert numbers == {
        "all": 3,
        "accepted": 1,
        "warnings": 0,
        "held": 0,
        "waiting": 0,
        "rate": 33,
        "missing": 2,
    }


def test_what_waits_for_the_officer_says_so(union: World) -> None:
    deciding.set_period(union.store, FORM, "2026", "open", "王示例", 0)
    deciding.set_period(union.store, FORM, "2026", "closed", "王示例", 0)
    union.inbox.mkdir()
    (union.inbox / "2.xlsx").write_bytes(workbook(2))
    collect(union)
    made = application.build(union.settings())
    visitor = Visitor(made)
    visitor.officer(application.officer_password(made, reset=False))
    page = visitor.get("/officer/units?stage=held").text
    assert "1 个单位" in page
    assert "等您决定" in page.partition("<table")[2]
    assert "0 个单位" in visitor.get("/officer/units?stage=waiting").text


def test_missing_units_are_listed_with_whom_to_call(officer: Visitor, collected: World) -> None:
    page = officer.get("/officer/units?stage=missing").text
    first, second, third = collected.units
    assert first.name in page
    assert third.name in page
    assert third.contact in page
    assert second.name not in page
    data = officer.get("/officer/download/missing.csv")
    rows = list(csv.reader(data.content.decode("utf-8-sig").splitlines()))
    assert [(row[0], row[4]) for row in rows[1:]] == [
        (first.code, "已退回"), (third.code, "没有动静"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query", ["?text=%3Cscript%3E", "?page=0", "?page=99999999999", "?page=x", "?stage=nonsense"]
)
def test_odd_questions_are_answered(query: str, officer: Visitor) -> None:
    answer = officer.get(f"/officer/units{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_units_are_found_by_name_code_and_superior(officer: Visitor, collected: World) -> None:
    for text in (collected.units[1].code, "第2机械"):
        page = officer.get("/officer/units?text=" + text).text
        assert "1 个单位" in page
        assert collected.units[1].name in page
    assert "3 个单位" in officer.get("/officer/units?text=示例县总").text
    assert "0 个单位" in officer.get("/officer/units?text=没有").text


def test_common_faults_by_their_titles(officer: Visitor) -> None:
    page = officer.get("/officer/faults").text
    assert "K112" in page
    assert "身份证号" in page


def test_statistics_with_charts_that_need_no_scripts(officer: Visitor) -> None:
    page = officer.get("/officer/figures")
    assert "会员总数" in page.text
    addresses = re.findall(r'src="(/officer/chart/[a-z_]+)"', page.text)
    assert addresses
    for address in addresses:
        assert officer.get(address).status_code == 200
    chart = officer.get(addresses[0])
    assert chart.headers["content-type"] == "image/svg+xml"
    assert b"<script" not in chart.content
    assert "script-src" not in chart.headers["content-security-policy"]
    for nothing in ("pie", "missing", "overview"):  # of these only the tables are shown
        assert officer.get(f"/officer/chart/{nothing}").status_code == 404


def test_downloads_open(officer: Visitor) -> None:
    answer = officer.get("/officer/download/summary.xlsx")
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames
    answer = officer.get("/officer/download/summary.html")
    assert "attachment" in answer.headers["content-disposition"]
    assert officer.get("/officer/download/register.duckdb").status_code == 404


def test_looking_changes_nothing(officer: Visitor, collected: World) -> None:
    before = {name: (collected.store / name).stat().st_mtime_ns for name in files(collected.store)}
    for path in ("", "/units", "/faults", "/figures"):
        assert officer.get(f"/officer{path}").status_code == 200
    after = {name: (collected.store / name).stat().st_mtime_ns for name in files(collected.store)}
    assert after == before


def test_before_the_first_publication_the_roster_is_what_is_known(union: World) -> None:
    made = application.build(union.settings())
    visitor = Visitor(made)
    visitor.officer(application.officer_password(made, reset=False))
    for path in ("", "/units", "/faults", "/figures"):
        answer = visitor.get(f"/officer{path}")
        assert answer.status_code == 200
        assert "还没有发布过" in answer.text
    assert visitor.get("/officer/download/summary.xlsx").status_code == 404
    for name in ("roster", "issued"):
        own = {} if name == "roster" else {"roster": ()}
        listed = application.build(union.settings(**own))
        assert "3 个单位" in _units(listed)


def _units(made: Any) -> str:
    visitor = Visitor(made)
    visitor.officer(application.officer_password(made, reset=True))
    return str(visitor.get("/officer/units").text)


def test_a_broken_publication_is_told(union: World) -> None:
    published = union.store / "published"
    published.mkdir(parents=True)
    (published / "state.json").write_text(json.dumps({"folder": "7"}), "utf-8")
    made = application.build(union.settings())
    visitor = Visitor(made)
    visitor.officer(application.officer_password(made, reset=False))
    answer = visitor.get("/officer/units")
    assert (answer.status_code, heading(answer)) == (503, "暂时读不了登记库")


# --- from the inbox to the receipt ------------------------------------------------------------------


@pytest.mark.parametrize("reply", [True, False])
def test_what_was_submitted_comes_back_as_a_receipt(reply: bool, union: World) -> None:
    from converter.web import spool

    settings = union.settings()
    made = application.build(settings)
    held = made.state.services
    password = application.officer_password(made, reset=False)
    source = union.root / "package.xlsx"
    source.write_bytes(workbook(1))
    number = spool.number(settings.clock())
    spool.submit(source, number, union.units[0].code, 12, settings, held.state)
    clerk, officer = Visitor(made).enter(union), Visitor(made)
    officer.officer(password)
    assert "上级工会还没有处理" in clerk.get("/unit").text
    assert "已提交，上级工会待处理" in officer.get("/officer/units?stage=waiting").text
    collect(union, reply=reply)
    page = clerk.get(f"/unit/submissions/{number}")
    assert alert(page) == ""
    assert "还没有处理" not in page.text
    assert ("回执" in page.text.partition("<main")[2].partition("</ol>")[2]) == reply
    assert "0 个单位" in officer.get("/officer/units?stage=waiting").text
    got = clerk.get(f"/unit/submissions/{number}/receipt")
    if reply:
        assert "核对无误" in page.text
        assert got.json()["file"] == f"web/{number}.zip"
    else:
        assert got.status_code == 404


def test_a_receipt_of_another_file_is_no_receipt(union: World) -> None:
    from converter.report import reply_files
    from converter.web import spool
    from converter.web.state import UploadRecord

    one = UploadRecord("260101-AAAAAA", "130102-0001", "web/260101-AAAAAA.zip", "a" * 64, 1, 0.0)
    path = reply_files.receipt(union.reply, one.file)
    path.parent.mkdir(parents=True)
    reported = {"format": "gonghui-receipt/1", "sha256": "b" * 64, "result": "accepted"}
    path.write_text(json.dumps(reported), "utf-8")
    assert spool.replies([one], union.settings())[one.number] == spool.Reply()
    path.write_text(json.dumps(reported | {"sha256": "a" * 64}), "utf-8")
    reply = spool.replies([one], union.settings())[one.number]
    assert (reply.result, reply.genuine) == ("accepted", False)
