"""What came of a submission: on the pages the same one-page receipt as in the officer's folder of
replies, and the JSON that carries the signature beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converter.report import receipt_page, reply_files
from converter.web import app as application
from converter.web import spool
from tests.tools import needs
from tests.watching import Watched, objections
from tests.web import running
from tests.web.visitors import Visitor
from tests.web.walking import collect, follow, sign_in
from tests.web.world import World, workbook

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
OPEN_PAGE, DOWNLOAD = "打开一页纸的回执", "下载回执"


def submitted(union: World, app: Any, data: bytes, unit: int = 1) -> str:
    """Put a file into the inbox as the pages do; the number of the submission."""
    settings, state = app.state.services.settings, app.state.services.state
    source = union.root / "sent.xlsx"
    source.write_bytes(data)
    number = spool.number(settings.clock())
    spool.submit(source, number, union.units[unit - 1].code, 12, settings, state)
    return number


@pytest.mark.parametrize("fault", [False, True])
def test_the_pages_show_the_receipt_of_the_reply_folder(fault: bool, union: World) -> None:
    app = application.build(union.settings())
    number = submitted(union, app, workbook(1, fault=fault))
    clerk = Visitor(app).enter(union)
    for part in ("page", "receipt"):  # nothing before the officer has received
        assert clerk.get(f"/unit/submissions/{number}/{part}").status_code == 404
    collect(union)
    written = reply_files.receipt(union.reply, f"web/{number}.zip")
    page = clerk.get(f"/unit/submissions/{number}/page")
    assert page.content == written.with_suffix(".html").read_bytes()
    receipt = clerk.get(f"/unit/submissions/{number}/receipt")
    assert receipt.content == written.read_bytes()
    copy = reply_files.annotated(union.reply, f"web/{number}.zip")
    named = copy.name if copy.is_file() else ""
    assert page.content == receipt_page.render(receipt.json(), named)
    assert bool(named) == fault == ("怎么改" in page.text)
    overview = clerk.get(f"/unit/submissions/{number}").text
    for label, part in ((OPEN_PAGE, "page"), (DOWNLOAD, "receipt")):
        assert label in overview
        assert f"/unit/submissions/{number}/{part}" in overview
    # Its own styles may be used there, and nothing else.
    policy = page.headers["content-security-policy"]
    assert "script" not in policy
    assert "default-src 'none'" in policy
    assert page.headers["cache-control"] == "no-store"


def test_nobody_else_reads_a_receipt(union: World) -> None:
    app = application.build(union.settings())
    number = submitted(union, app, workbook(1))
    collect(union)
    for part in ("", "/page", "/receipt", "/marked"):
        other = Visitor(app).enter(union, 2).get(f"/unit/submissions/{number}{part}")
        assert other.status_code == 404
        stranger = Visitor(app).client.get(
            f"/unit/submissions/{number}{part}", follow_redirects=False
        )
        assert (stranger.status_code, stranger.headers["location"]) == (303, "/identity")


@needs("chromium")
def test_it_is_read_on_a_telephone_and_on_a_desk(original: World, tmp_path: Path) -> None:
    own = original.copied(tmp_path / "union")
    with running.inside(own) as portal, running.browser() as started:
        faulty = submitted(own, portal.app, workbook(1, fault=True))
        good = submitted(own, portal.app, workbook(2), 2)
        collect(own)
        for unit, number, verdict in ((1, faulty, "退回"), (2, good, "采用")):
            for width, height in ((390, 780), (1366, 768)):
                watched = Watched(started, viewport={"width": width, "height": height})
                page = watched.page
                page.goto(f"{portal.url}/identity")
                known = own.units[unit - 1]
                sign_in(page, known.name, own.passwords[known.code])
                page.goto(f"{portal.url}/unit/submissions/{number}")
                assert not page.evaluate(WIDE)
                assert objections(page) == []
                with page.expect_download() as got:
                    page.get_by_role("link", name=DOWNLOAD).click()
                assert got.value.suggested_filename.endswith(".json")
                follow(page, page.get_by_role("link", name=OPEN_PAGE))
                assert verdict in page.locator(".verdict").inner_text()
                assert known.name in page.locator("dl").inner_text()
                assert not page.evaluate(WIDE)
                assert objections(page) == []
                assert watched.complaints == []
                assert len(page.pdf()) > 1_000
