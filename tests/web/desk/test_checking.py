"""The check follows each save; corrections never touch the form itself."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import httpx2
import openpyxl
import pytest

from converter.model.errors import WorkerDied
from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import Outcome, SigningUnit
from converter.web.desk.desk import Desk
from converter.web.desk.documents import Document
from converter.workers.requests.page_check import PageCheck
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, member_cell, put
from tests.web.desk.at_work import AtWork, at_work, countdown, drop, entered, key_of, press
from tests.web.running import alert, heading
from tests.web.world import workbook


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    with at_work(tmp_path_factory.mktemp("checking") / "基层工会填报") as made:
        yield made


class Form:
    """A form with one fault, on its page."""

    def __init__(self, desk: AtWork, client: httpx2.Client, name: str) -> None:
        self._desk, self._client = desk, client
        page = drop(client, desk, (name, workbook(1, fault=True)))
        self.key = key_of(page)
        self.path = next(desk.root.rglob(name))
        self.seen = self.version(page)

    @staticmethod
    def version(page: httpx2.Response) -> str:
        return page.text.partition('data-version="')[2].partition('"')[0]

    def look(self) -> httpx2.Response:
        """As the page's script looks."""
        answer = self._client.get(f"/check/{self.key}/verdict", params={"seen": self.seen})
        if answer.status_code == 200:
            self.seen = self.version(answer)
        return answer

    def correct(self, **fields: str) -> httpx2.Response:
        return press(self._client, self._desk, f"/check/{self.key}/correct", **fields)

    @property
    def cell(self) -> str:
        """The name of the faulty cell's field."""
        page = self._client.get(f"/check/{self.key}/correct").text
        return page.partition('data-fault="error"')[0].rpartition('name="')[2].partition('"')[0]


@pytest.fixture
def form(desk: AtWork, client: httpx2.Client, request: pytest.FixtureRequest) -> Form:
    return Form(desk, client, f"{request.node.name}.xlsx")


def test_each_save_brings_the_new_verdict_once(form: Form) -> None:
    assert form.look().status_code == 204
    form.path.write_bytes(workbook(1))
    saved = form.look()
    assert countdown(saved) == "可以上报"
    assert "<html" not in saved.text
    assert form.look().status_code == 204
    form.path.write_bytes(workbook(1, fault=True))
    assert countdown(form.look()) == "还剩 1 处错误"


def test_half_a_file_is_no_verdict_while_it_is_being_saved(form: Form) -> None:
    whole = form.path.read_bytes()
    form.path.write_bytes(whole[: len(whole) // 2])
    assert form.look().status_code == 204
    form.path.unlink()  # as programs do that write a new file and rename it
    assert form.look().status_code == 204
    form.path.write_bytes(workbook(1))
    assert countdown(form.look()) == "可以上报"


def test_a_file_that_was_moved_away_is_told(form: Form, client: httpx2.Client) -> None:
    form.path.rename(form.path.with_name("别的名字.xlsx"))
    answer = client.get(f"/check/{form.key}")
    assert heading(answer) == "找不到这个文件"


def test_the_form_itself_is_opened(form: Form, desk: AtWork, client: httpx2.Client) -> None:
    desk.opened.clear()
    press(client, desk, f"/check/{form.key}/open")
    assert desk.opened == [form.path]
    press(client, desk, "/folder", key=form.key)
    assert desk.opened[1:] == [form.path.parent]


def test_a_form_that_was_moved_away_is_not_said_to_open(
    form: Form, desk: AtWork, client: httpx2.Client
) -> None:
    desk.opened.clear()
    form.path.rename(form.path.with_name("又一个名字.xlsx"))
    assert heading(press(client, desk, f"/check/{form.key}/open")) == "找不到这个文件"
    assert desk.opened == []


def test_what_cannot_be_opened_is_told_and_worked_on(
    form: Form, desk: AtWork, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without a spreadsheet program: the marked copy is made all the same."""

    def opener(path: Path) -> None:
        raise OSError(errno.ENOEXEC, "no association", str(path))

    monkeypatch.setattr(desk.desk, "opener", opener)
    told = "这台电脑上没有能打开它的程序"
    assert told in press(client, desk, f"/check/{form.key}/open").text
    marked = press(client, desk, f"/check/{form.key}/marked")
    assert (told in marked.text, heading(marked)) == (True, f"{form.path.stem}-批注.xlsx")
    folder = press(client, desk, "/folder", key=form.key)
    assert (heading(folder), told in folder.text) == ("文件夹没有打开", True)


def test_a_form_that_is_held_is_checked_as_soon_as_it_is_let_go(
    form: Form, desk: AtWork, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a save: what held it only looked at it."""
    document, real, looks = desk.desk.documents.of(form.path), Desk._check, []

    def check(
        self: Desk, document: Document, unit: SigningUnit, annotated: Path | None
    ) -> PageCheck | None:
        looks.append(1)
        if len(looks) > 3:
            return real(self, document, unit, annotated)
        issues = Issues.of([Issue("F005", Level.ERROR, Place(str(document.path)))])
        outcome = Outcome(str(document.path), issues, readable=False)
        return PageCheck(outcome, self.summary(document.path, issues, readable=False), False)

    monkeypatch.setattr(Desk, "_check", check)
    document.checked = None
    assert countdown(client.get(f"/check/{form.key}")) == "打不开这份表"
    assert [form.look().status_code for _ in range(2)] == [204, 204]
    assert countdown(form.look()) == "还剩 1 处错误"
    assert (form.look().status_code, len(looks)) == (204, 4)


def test_what_cannot_be_shown_is_told_with_the_reason(form: Form, client: httpx2.Client) -> None:
    form.path.write_bytes(b"PK")
    for page in ("statistics", "print", "find"):
        answer = client.get(f"/{page}/{form.key}?member=a")
        assert heading(answer) == "看不了这个文件"
        assert "怎么改" in answer.text


def test_a_worker_that_ends_is_the_reason_and_loses_nothing(
    form: Form, desk: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = form.cell

    def ended(*_: object) -> None:
        raise WorkerDied("time", 0)

    with monkeypatch.context() as without_workers:
        without_workers.setattr(desk.desk, "worker", SimpleNamespace(run=ended))
        for do in ("check", "finish"):
            page = form.correct(**{cell: MEMBERS[2][1]}, do=do)
            assert (heading(page), "F901" in page.text) == ("这一次没有查完", True)
    assert MEMBERS[2][1] in (desk.desk.unfinished / form.key / "edits.json").read_text()
    assert countdown(form.correct(do="finish")) == "可以上报"


def test_a_corrected_form_is_another_file(form: Form, desk: AtWork) -> None:
    before, cell = form.path.read_bytes(), form.cell
    page = form.correct(**{cell: MEMBERS[2][1]})
    assert "没有要改的了" in page.text
    done = form.correct(do="finish")
    assert countdown(done) == "可以上报"
    assert form.path.read_bytes() == before
    made = next(desk.root.rglob(f"{form.path.stem}-修正.xlsx"))
    book = openpyxl.load_workbook(made)
    assert MEMBERS[2][1] in {cell.value for row in book[MEMBER_SHEET].iter_rows() for cell in row}


def test_a_form_saved_meanwhile_does_not_move_what_was_corrected(
    form: Form, desk: AtWork, client: httpx2.Client
) -> None:
    cell = form.cell
    form.correct(**{cell: MEMBERS[2][1]})
    book = openpyxl.load_workbook(BytesIO(form.path.read_bytes()))
    put(book[MEMBER_SHEET], member_cell(book, 3, "会员姓名"), "后来改的")
    book[MEMBER_SHEET].insert_rows(5)
    book.save(form.path)
    saved = form.path.read_bytes()
    assert "后来又保存过" in alert(client.get(f"/check/{form.key}/correct"))
    done = form.correct(do="finish")
    assert countdown(done) == "可以上报"
    assert form.path.read_bytes() == saved
    made = openpyxl.load_workbook(next(desk.root.rglob(f"{form.path.stem}-修正.xlsx")))
    assert "后来改的" not in {c.value for row in made[MEMBER_SHEET].iter_rows() for c in row}


def test_without_corrections_the_table_is_of_the_newest_form(
    form: Form, client: httpx2.Client
) -> None:
    assert form.cell
    form.path.write_bytes(workbook(1))
    page = client.get(f"/check/{form.key}/correct")
    assert "没有要改的了" in page.text


def test_a_field_that_no_page_has_is_refused(form: Form) -> None:
    assert form.correct(**{"cell:x:1:y": "1"}).status_code == 400


def test_looking_up_prints_and_figures(form: Form, client: httpx2.Client) -> None:
    name = MEMBERS[0][0]
    found = client.get(f"/find/{form.key}", params={"member": name})
    assert name in found.text
    assert MEMBERS[0][1] not in found.text
    assert (
        MEMBERS[0][1] in client.get(f"/find/{form.key}", params={"member": name, "full": "1"}).text
    )
    assert "没有找到" in client.get(f"/find/{form.key}", params={"member": "没有这个人"}).text
    assert MEMBERS[0][1] not in client.get(f"/print/{form.key}").text
    assert MEMBERS[0][1] in client.get(f"/print/{form.key}", params={"full": "1"}).text
    figures = client.get(f"/statistics/{form.key}").text
    chart = figures.partition('src="/statistics/')[2].partition('"')[0]
    if chart:
        assert client.get(f"/statistics/{chart}").text.startswith("<svg")


def test_the_page_goes_to_the_form_that_was_worked_on_last(
    form: Form, client: httpx2.Client
) -> None:
    client.get(f"/check/{form.key}")
    for page in ("statistics", "print", "find", "export"):
        answer = client.get(f"/{page}", follow_redirects=True)
        assert answer.url.path == f"/{page}/{form.key}"


def test_an_open_page_keeps_it_and_a_closed_one_lets_it_end(
    desk: AtWork, client: httpx2.Client
) -> None:
    presence = desk.desk.presence
    press(client, desk, "/closed")
    assert presence._left
    client.get("/alive")
    assert not presence._left


def test_strangers_do_not_keep_it_open(desk: AtWork, client: httpx2.Client) -> None:
    press(client, desk, "/closed")
    with httpx2.Client(base_url=desk.url) as stranger:
        stranger.get("/")
    assert desk.desk.presence._left


def test_a_marked_copy_is_made_once_for_the_same_faults(
    form: Form, desk: AtWork, client: httpx2.Client
) -> None:
    desk.opened.clear()
    first = press(client, desk, f"/check/{form.key}/marked")
    copy: Path = desk.opened[0]
    assert copy.name == f"{form.path.stem}-批注.xlsx"
    assert countdown(first) == "还剩 1 处错误"
    before = copy.read_bytes()
    book = openpyxl.load_workbook(copy)
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1])
    book.save(copy)
    corrected = copy.read_bytes()
    press(client, desk, f"/check/{form.key}/marked")
    assert desk.opened[1].name == f"{form.path.stem}-批注-2.xlsx"
    assert (desk.opened[1].read_bytes(), copy.read_bytes()) == (before, corrected)
    assert countdown(client.get(f"/check/{desk.desk.documents.of(copy).key}")) == "可以上报"


def test_two_pages_at_once(desk: AtWork, form: Form) -> None:
    with entered(desk) as one, entered(desk) as other:
        assert one.get(f"/check/{form.key}").status_code == 200
        assert other.get(f"/check/{form.key}").status_code == 200
