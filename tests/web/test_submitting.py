"""What may be submitted: a unit's own report, under the identity file that counts now."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from converter.identity import issuing, ledger
from converter.web import app as application
from tests.web.running import alert, files, heading
from tests.web.visitors import Visitor
from tests.web.world import FOLDER, World, workbook

Site = tuple[World, Any]


@pytest.fixture(scope="module")
def started(original: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    own = original.copied(tmp_path_factory.mktemp("submitting") / "union")
    app = application.build(own.settings())
    with TestClient(app):
        yield own, app


@pytest.fixture
def site(started: Site, original: World) -> Iterator[Site]:
    """Every test finds keys and identity files as they were issued at first."""
    own, _ = started
    yield started
    for folder, whole in ((own.keys, original.keys), (own.issued, original.issued)):
        shutil.rmtree(folder)
        shutil.copytree(whole, folder)


def path_of(own: World, number: int = 1) -> Any:
    return own.issued / issuing.file_name(own.units[number - 1])


def issue_again(own: World, number: int = 1) -> str:
    """Issue a unit's identity file anew; its new password."""
    today = date.today()
    unit = own.units[number - 1]
    issuing.issue(
        [unit], own.keys, own.issued, period="2026", issued=today,
        valid_until=today + timedelta(days=365),
    )  # fmt: skip
    return issuing.new_password(own.keys, unit.code)


def is_refused(own: World, visitor: Visitor, *upload: tuple[str, bytes]) -> str:
    """Upload and try to submit: nothing reaches the inbox. What the page says."""
    before = files(own.inbox)
    page = visitor.upload(*upload)
    assert "提交上报</button>" not in page.text
    assert visitor.post(f"{page.url.path}/submit").status_code in (403, 409)
    assert files(own.inbox) == before
    return str(page.text)


@pytest.mark.parametrize("state", ["missing", "another unit's", "damaged", "of an older serial"])
def test_without_a_good_current_identity_nothing_is_submitted(state: str, site: Site) -> None:
    own, app = site
    path = path_of(own)
    old = path.read_bytes()
    word = issue_again(own) if state == "of an older serial" else ""
    visitor = Visitor(app)
    if word:
        assert visitor.sign_in(own.units[0].name, word).url.path == "/unit"
        path.write_bytes(old)
    else:
        visitor.enter(own)
    if state == "missing":
        path.unlink()
    elif state == "another unit's":
        shutil.copy(path_of(own, 2), path)
    elif state == "damaged":
        path.write_bytes(old.replace(b"<serial>", b"<serial>9"))
    # Told at once, before anything is uploaded.
    assert "现在不能提交" in alert(visitor.get("/check"))
    for number in (1, 2):
        assert "现在不能提交" in is_refused(own, visitor, ("填报.xlsx", workbook(number)))


def test_an_identity_replaced_after_the_check_stops_the_submission(site: Site) -> None:
    own, app = site
    visitor = Visitor(app).enter(own)
    page = visitor.upload(("填报.xlsx", workbook(1)))
    assert "提交上报</button>" in page.text
    path_of(own).unlink()
    answer = visitor.post(f"{page.url.path}/submit")
    assert (answer.status_code, heading(answer)) == (409, "不能提交")
    assert files(own.inbox) == []


def test_a_package_of_a_superseded_serial_is_refused_at_once(site: Site) -> None:
    own, app = site
    visitor = Visitor(app).enter(own)
    page = visitor.upload(("填报.xlsx", workbook(1)))
    old = visitor.get(f"{page.url.path}/package").content
    word = issue_again(own)
    again = Visitor(app)
    assert again.sign_in(own.units[0].name, word).url.path == "/unit"
    assert "I134" in is_refused(own, again, ("上报.zip", old))


def test_a_ledger_older_than_the_identity_file_stops_the_submission(site: Site) -> None:
    own, app = site
    before = {name: (own.keys / name).read_bytes() for name in (ledger.NAME, "passwords.csv")}
    issue_again(own)
    for name, data in before.items():
        (own.keys / name).write_bytes(data)
    visitor = Visitor(app).enter(own)
    assert "现在不能提交" in is_refused(own, visitor, ("填报.xlsx", workbook(1)))


def test_names_are_compared_where_a_package_has_no_code(site: Site) -> None:
    from converter.usecases.convert import convert_files
    from converter.workers.pool import Worker

    own, app = site
    packages = []
    for number in (1, 2):
        book, target = own.root / f"{number}.xlsx", own.root / f"{number}.zip"
        book.write_bytes(workbook(number))
        with Worker() as worker:
            convert_files([book], FOLDER, target, None, None, worker)
        packages.append(target.read_bytes())
        target.unlink()
    visitor = Visitor(app).enter(own)
    assert "提交上报</button>" in visitor.upload(("上报.zip", packages[0])).text
    assert "不是现在登录的单位的" in is_refused(own, visitor, ("上报.zip", packages[1]))


def test_strangers_check_also_where_submissions_are_sealed(union: World) -> None:
    app = application.build(union.settings(seal=True))
    with TestClient(app):
        page = Visitor(app).upload(("填报.xlsx", workbook(1)))
    assert heading(page) == "检查结果：通过"
