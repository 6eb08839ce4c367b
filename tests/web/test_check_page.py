"""Check in the browser: what a clerk uploads, what comes of it, and who may see it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import package
from converter.files import writing
from converter.forms import loading
from converter.web import spool, upload_names
from converter.web.app import build
from converter.web.upload_check import Work, check_upload
from converter.web.visitor import neighbourhood
from converter.workbook.xlsx import archive
from converter.workers.pool import Worker
from converter.workers.requests.base import Request
from converter.workers.requests.convert import ConvertForPageRequest
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, member_cell, put
from tests.web.running import alert, files, heading
from tests.web.visitors import Visitor
from tests.web.world import FOLDER, World, workbook

Site = tuple[World, Any]


def left(own: World) -> list[str]:
    """Files of uploads and results that are on the disk."""
    return files(own.settings().private)


def link(answer: Any, name: str) -> str:
    """The address of a download on the page of a result."""
    return f"{answer.url.path}/{name}"


def test_faults_are_told_by_cell_and_marked_in_a_copy(site: Site, clerk: Visitor) -> None:
    page = clerk.upload(("填报.xlsx", workbook(1, fault=True)))
    assert heading(page) == "检查结果：有错误"
    assert f"{MEMBER_SHEET}!C" in page.text
    assert "K112" in page.text
    assert "提交上报" not in page.text
    assert MEMBERS[2][1][:-1] not in page.text  # masked
    copy = clerk.get(link(page, "marked"))
    assert "filename*=UTF-8''" in copy.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(copy.content))
    assert MEMBER_SHEET in book.sheetnames
    assert book.sheetnames[0] not in (MEMBER_SHEET, UNIT_SHEET)  # the list of problems
    assert clerk.get(link(page, "package")).status_code == 404


def test_the_upload_is_gone_when_the_answer_comes(site: Site, clerk: Visitor) -> None:
    own, _ = site
    before = set(left(own))
    clerk.upload(("一份.xlsx", workbook(1)))
    assert {Path(name).name for name in set(left(own)) - before} == {"package.zip"}
    before = set(left(own))
    clerk.upload(("坏.xlsx", b"no workbook"))
    assert set(left(own)) == before


def test_a_clean_workbook_becomes_a_signed_package_and_is_submitted_once(
    site: Site, clerk: Visitor
) -> None:
    own, _ = site
    before = files(own.inbox)
    page = clerk.upload(("填报.xlsx", workbook(1)))
    assert heading(page) == "检查结果：通过"
    data = clerk.get(link(page, "package")).content
    assert package_of(data, own).signed
    first = clerk.post(link(page, "submit"))
    assert "已经交到上级工会" in first.text
    again = clerk.post(link(page, "submit"))
    assert again.url == first.url
    new = [name for name in files(own.inbox) if name not in before]
    assert len(new) == 1
    assert (own.inbox / new[0]).read_bytes() == data
    assert first.url.path.rpartition("/")[2] in clerk.get("/unit").text


def package_of(data: bytes, own: World) -> Any:
    from converter import identity

    path = own.root / "got.zip"
    path.write_bytes(data)
    definition = loading.load(FOLDER)
    found = package.examine(path, definition, union=identity.union_of(own.keys))
    assert found.submission.issues == ()
    return found


def test_without_signing_in_a_file_is_checked_but_not_submitted(site: Site) -> None:
    _, app = site
    visitor = Visitor(app)
    page = visitor.upload(("填报.xlsx", workbook(1)))
    assert heading(page) == "检查结果：通过"
    assert "提交上报</button>" not in page.text
    assert visitor.get(link(page, "package")).status_code == 200
    answer = visitor.post(link(page, "submit"))
    assert answer.url.path == "/identity"


def test_another_units_workbook_is_told_and_never_submitted(site: Site, clerk: Visitor) -> None:
    page = clerk.upload(("填报.xlsx", workbook(2)))
    assert heading(page) == "检查结果：有错误"
    assert "I201" in page.text
    assert clerk.post(link(page, "submit")).status_code == 403


def test_a_finished_package_is_submitted_as_it_is(site: Site, clerk: Visitor) -> None:
    own, _ = site
    made = clerk.get(link(clerk.upload(("填报.xlsx", workbook(1))), "package")).content
    page = clerk.upload(("上报.zip", made))
    done = clerk.post(link(page, "submit"))
    number = done.url.path.rpartition("/")[2]
    assert (own.inbox / "web" / f"{number}.zip").read_bytes() == made


def test_another_units_package_cannot_be_submitted(site: Site, clerk: Visitor) -> None:
    own, app = site
    other = Visitor(app).enter(own, 2)
    made = other.get(link(other.upload(("填报.xlsx", workbook(2))), "package")).content
    page = clerk.upload(("上报.zip", made))
    assert "不是现在登录的单位的" in alert(page)
    assert clerk.post(link(page, "submit")).status_code == 403


def test_a_sealed_package_is_its_units_and_goes_on_unopened(site: Site, clerk: Visitor) -> None:
    from converter.usecases.convert import convert_files
    from converter.workers.pool import Worker

    own, app = site
    book, target = own.root / "填报.xlsx", own.root / "封存.zip"
    book.write_bytes(workbook(1))
    entry = app.state.services.units.of(own.units[0].code)
    identity = app.state.services.units.path(entry)
    with Worker() as worker:
        convert_files([book], FOLDER, target, identity, None, worker, True)
    sealed = target.read_bytes()
    done = clerk.post(link(clerk.upload(("封存.zip", sealed)), "submit"))
    number = done.url.path.rpartition("/")[2]
    assert (own.inbox / "web" / f"{number}.zip").read_bytes() == sealed
    other = Visitor(app).enter(own, 2).upload(("封存.zip", sealed))
    assert "不是现在登录的单位的" in alert(other)


def test_a_zip_of_other_things_is_no_package(site: Site, clerk: Visitor) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("a.txt", "x")
    page = clerk.upload(("上报.zip", stream.getvalue()))
    assert heading(page) == "检查结果：读不了"
    assert clerk.get(link(page, "package")).status_code == 404


def test_two_halves_are_one_submission_and_two_units_are_none(site: Site, clerk: Visitor) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(1)))
    halves = []
    for gone in (MEMBER_SHEET, UNIT_SHEET):
        half = openpyxl.load_workbook(io.BytesIO(workbook(1)))
        del half[gone]
        stream = io.BytesIO()
        half.save(stream)
        halves.append(stream.getvalue())
    assert MEMBER_SHEET in book.sheetnames
    page = clerk.upload(("单位.xlsx", halves[0]), ("会员.xlsx", halves[1]))
    assert heading(page) == "检查结果：通过"
    assert "会员 12 人" in page.text
    page = clerk.upload(("一.xlsx", workbook(1)), ("二.xlsx", workbook(2)))
    assert (page.status_code, heading(page)) == (400, "请一次上传一个单位的表")


# --- what does not belong here -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("空.xlsx", b""),
        ("图.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(200)),
        ("文.pdf", b"%PDF-1.7 nothing of ours"),
        ("页.xlsx", b"<html><script>alert(1)</script>"),
        ("坏.xlsx", workbook(1)[:5000]),
        ("程序.exe", b"MZ" + bytes(500)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_of_another_kind_is_told_and_leaves_the_worker_warm(
    name: str, data: bytes, site: Site, clerk: Visitor
) -> None:
    page = clerk.upload((name, data))
    assert (page.status_code, heading(page)) == (200, "检查结果：读不了")
    assert heading(clerk.upload(("填报.xlsx", workbook(1)))) == "检查结果：通过"


def test_a_file_that_kills_its_worker_is_told_and_harms_nobody(
    site: Site, clerk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.model.errors import WorkerDied

    whole = Worker.run

    def dying(worker: Worker, request: Request[Any]) -> Any:
        if isinstance(request, ConvertForPageRequest) and "毒" in request.files[0].name:
            worker.stop()
            raise WorkerDied("memory", 0)
        return whole(worker, request)

    monkeypatch.setattr(Worker, "run", dying)
    page = clerk.upload(("毒.xlsx", workbook(1)))
    assert heading(page) == "检查结果：读不了"
    assert "F902" in page.text
    assert heading(clerk.upload(("填报.xlsx", workbook(1)))) == "检查结果：通过"


def test_however_many_faults_there_are_the_pages_hold_a_few(
    union: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.model.issues import Issues
    from converter.workers.pool import Worker

    rows = 400
    book = openpyxl.load_workbook(io.BytesIO(workbook(1)))
    for n in range(1, rows + 1):
        put(book[MEMBER_SHEET], member_cell(book, n, "会员姓名"), "赵@1")
        put(book[MEMBER_SHEET], member_cell(book, n, "身份证号"), "12345")
    stream = io.BytesIO()
    book.save(stream)
    upload = union.root / "填报.xlsx"
    upload.write_bytes(stream.getvalue())
    crossed: list[Any] = []
    monkeypatch.setattr(Issues, "__iter__", lambda issues: crossed.append(issues))
    monkeypatch.setattr(Issues, "__getitem__", lambda issues, at: crossed.append(issues))
    with Worker() as worker:
        work = Work(union.root, [upload], FOLDER, union.keys)
        verdict = check_upload(work, worker)
    assert verdict
    assert verdict.status == "errors"
    assert verdict.summary.counts[0] >= 2 * rows
    assert len(str(verdict.summary)) < 20_000
    assert crossed == []


def test_no_file_or_a_broken_form_is_told(clerk: Visitor) -> None:
    assert "还没有选择文件" in alert(clerk.upload(("", b"")))
    broken = clerk.client.post(
        "/check", content=b"--x\r\nno form", headers={"content-type": "multipart/form-data"}
    )
    assert broken.status_code == 400
    many = [("file", (f"{n}.xlsx", b"x")) for n in range(9)]
    answer = clerk.client.post("/check", data={"token": clerk.token()}, files=many)
    assert answer.status_code == 400


def test_a_file_beyond_the_limit_is_refused_with_words(site: Site, clerk: Visitor) -> None:
    own, _ = site
    before = left(own)
    for size in ((1 << 20) + 1, 5 << 20, 20 << 20):
        page = clerk.upload(("大.xlsx", bytes(size)))
        assert (page.status_code, heading(page)) == (413, "文件太大")
        assert "1 MB" in alert(page)
    assert left(own) == before
    form = {"content-type": "application/x-www-form-urlencoded"}
    page = clerk.client.post("/identity", content=b"a=" + bytes(200_000), headers=form)
    assert page.status_code == 413


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/cron.d/x.xlsx", "x.xlsx"),
        ("C:\\Users\\甲\\填报.xlsx", "填报.xlsx"),
        ("a\x00b\u202ex.xlsx", "a_b_x.xlsx"),
        ("...", "file"),
        ("", "file"),
        ("长" * 300 + ".xlsx", "长" * 56 + ".xlsx"),
        ("😀" * 79 + ".xlsx", "😀" * 42 + ".xlsx"),
        ("con.xlsx", "_con.xlsx"),
        ("LPT1", "_LPT1"),
        ("a\u2066b\u061cc\u200fd.xlsx", "a_b_c_d.xlsx"),
        ("AUX .xls", "_AUX.xls"),
        ("x.\u202excod", "x._xcod"),
        ("con:stream.xlsx", "con_stream.xlsx"),
    ],
)
def test_names_neither_climb_nor_hide(sent: str, kept: str) -> None:
    assert upload_names.received_name(sent) == kept


def test_names_and_values_are_escaped(site: Site, clerk: Visitor) -> None:
    page = clerk.upload(("<b onmouseover=alert(1)>.xlsx", workbook(1, fault=True)))
    assert "<b onmouseover" not in page.text
    assert "<script>" not in page.text


# --- whose it is, and for how long ----------------------------------------------------------------------


def test_nobody_else_sees_a_result(site: Site, clerk: Visitor) -> None:
    own, app = site
    page = clerk.upload(("填报.xlsx", workbook(1)))
    for other in (Visitor(app), Visitor(app).enter(own, 2), Visitor(app).enter(own, 1)):
        assert other.get(page.url.path).status_code == 404
        for name in ("package", "marked"):
            assert other.get(link(page, name)).status_code == 404
        assert other.post(link(page, "submit")).status_code == 404


def test_results_end_with_their_time_and_with_their_session(site: Site) -> None:
    own, app = site
    results = app.state.services.results
    visitor = Visitor(app).enter(own)
    first = visitor.upload(("填报.xlsx", workbook(1)))
    token = first.url.path.rpartition("/")[2]
    results._results[token] = replace(results._results[token], until=0.0)
    assert heading(visitor.get(first.url.path)) == "检查结果已经删除"
    results.sweep()
    assert not (own.settings().private / token).exists()
    second = visitor.upload(("填报.xlsx", workbook(1)))
    token = second.url.path.rpartition("/")[2]
    assert (own.settings().private / token).is_dir()
    visitor.post("/leave")
    assert not (own.settings().private / token).exists()


def test_a_start_removes_what_a_killed_portal_left(union: World) -> None:
    private = union.settings().private
    (private / "token").mkdir(parents=True)
    (private / "token" / "填报.xlsx").write_bytes(b"somebody's")
    build(union.settings())
    assert files(private) == []


def test_nobody_sees_another_units_submission(site: Site, clerk: Visitor) -> None:
    own, app = site
    page = clerk.upload(("填报.xlsx", workbook(1)))
    done = clerk.post(link(page, "submit"))
    other = Visitor(app).enter(own, 2)
    assert other.get(done.url.path).status_code == 404
    assert Visitor(app).get(done.url.path).url.path == "/identity"


# --- the inbox ---------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_nothing_and_may_be_tried_again(
    site: Site, clerk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, _ = site
    page = clerk.upload(("填报.xlsx", workbook(1)))
    before = files(own.inbox)

    def full(*_: object) -> None:
        raise OSError(28, "disk full")

    with monkeypatch.context() as patched:
        patched.setattr(writing, "copy_atomically", full)
        answer = clerk.post(link(page, "submit"))
    assert (answer.status_code, heading(answer)) == (503, "没有提交成功")
    assert "retry-after" in answer.headers
    assert files(own.inbox) == before
    done = clerk.post(link(page, "submit"))
    assert "已经交到上级工会" in done.text
    assert len(files(own.inbox)) == len(before) + 1


@pytest.mark.parametrize("reached", [True, False])
def test_killed_while_submitting_the_next_start_knows_what_reached_the_inbox(
    reached: bool, union: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    settings = union.settings()
    app = build(settings)
    held = app.state.services
    source = union.root / "package.zip"
    source.write_bytes(b"a package")
    whole = writing.copy_atomically

    def killed(*arguments: Path) -> None:
        if reached:
            whole(*arguments)
        raise Killed

    def nothing(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(writing, "copy_atomically", killed)
    monkeypatch.setattr(held.state, "settle", nothing)  # a killed process cleans nothing up
    with pytest.raises(Killed):
        spool.submit(source, "260101-AAAAAA", "130102-0001", 12, settings, held.state)
    held.state.close()
    again = build(settings).state.services.state
    numbers = [one.number for one in again.submissions("130102-0001")]
    assert numbers == (["260101-AAAAAA"] if reached else [])
    assert again.submissions(whole=False) == []


def test_limits_are_those_of_the_pipeline() -> None:
    from converter.web.settings import LARGEST

    assert LARGEST == archive.LARGEST_FILE
    assert neighbourhood("::ffff:192.0.2.7") == "192.0.2.7"
