"""The officer's commands as an officer runs them: exit codes, what goes where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converter import cli
from converter.forms import loading
from converter.register import Register
from tests.identity.unions import office
from tests.usecases.receive.collection import Inbox, faulty, packed, people, records

pytestmark = pytest.mark.usefixtures("near_workers")


@pytest.fixture
def box(tmp_path: Path) -> Inbox:
    made = Inbox(tmp_path / "收件")
    made.put("一县/1.zip", packed(records(1)))
    made.put("一县/2.zip", packed(records(2)))
    return made


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


def test_from_inbox_to_summary(
    box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, reply = tmp_path / "登记库", tmp_path / "回复"
    assert run("receive", box.folder, "--store", store, "--reply", reply) == 0
    reported = capsys.readouterr()
    assert "接收 2 份" in reported.err
    assert (reply / "汇总问题.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert run("stats", "--store", store, "--by", "industry") == 0
    assert "按所属行业（2026）" in capsys.readouterr().out
    for suffix, start in ((".xlsx", b"PK"), (".html", b"<!DOCTYPE"), (".csv", b"\xef\xbb\xbf")):
        assert run("stats", "--store", store, "-o", tmp_path / f"汇总{suffix}") == 0
        assert (tmp_path / f"汇总{suffix}").read_bytes().startswith(start)
    assert "按工会组织形式" in (tmp_path / "汇总.html").read_text("utf-8")


def test_a_refused_file_exits_1_and_a_second_run_0(
    box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.put("错.xlsx", faulty(4))
    arguments = ("receive", box.folder, "--store", tmp_path / "S", "--format", "json")
    assert run(*arguments) == 1
    reported = json.loads(capsys.readouterr().out)
    assert reported["summary"] == {"files": 3, "registered": 3, "accepted": 2, "rejected": 1}
    assert [(f["file"], f["codes"]) for f in reported["rejected"]] == [("错.xlsx", ["K503"])]
    assert run(*arguments) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["registered"] == 0


def test_ids_are_masked_unless_asked_for(
    box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = people(1)[0]
    box.put("3.zip", packed(records(3, [*people(3), shared])))
    store, reply = tmp_path / "S", tmp_path / "R"
    run("receive", box.folder, "--store", store, "--reply", reply)
    run("show", "--store", store, "--member", shared[1])
    reported = capsys.readouterr()
    written = b"".join(p.read_bytes() for p in reply.rglob("*") if p.is_file())
    assert "C101" in reported.out
    assert shared[1] not in reported.out + reported.err
    assert shared[1].encode() not in written
    run("show", "--store", store, "--member", shared[1], "--show-ids")
    assert capsys.readouterr().out.count(shared[1]) == 2


def test_show_finds_a_unit_and_a_member_with_places(
    box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("receive", box.folder, "--store", tmp_path / "S")
    capsys.readouterr()
    assert run("show", "--store", tmp_path / "S", "--unit", "第2公") == 0
    assert capsys.readouterr().out.count("示例第2公司工会委员会") == 1
    assert run("show", "--store", tmp_path / "S", "--member", people(2)[1][1]) == 0
    reported = capsys.readouterr().out
    assert "members.csv!B3" in reported
    assert "一县/2.zip" in reported


@pytest.mark.parametrize("option", ["--member", "--unit"])
def test_show_says_that_a_register_has_nothing_of_that_name(
    option: str, box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("receive", box.folder, "--store", tmp_path / "S")
    capsys.readouterr()
    assert run("show", "--store", tmp_path / "S", option, "查无示例") == 1
    reported = capsys.readouterr()
    assert reported.out == ""
    assert "查无示例" in reported.err


def test_show_reads_a_receipt_and_tells_a_forged_one(
    box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    union = office(tmp_path)
    run(
        "receive",
        box.folder,
        "--store",
        tmp_path / "S",
        "--reply",
        tmp_path / "R",
        "--keys",
        union.keys,
    )
    receipt = tmp_path / "R" / "一县" / "回执-1.zip.json"
    capsys.readouterr()
    assert run("show", receipt, "--keys", union.keys) == 0
    assert "核对无误" in capsys.readouterr().out
    receipt.write_text(
        receipt.read_text("utf-8").replace('"members": 4', '"members": 400'), "utf-8"
    )
    assert run("show", receipt, "--keys", union.keys) == 1
    assert "核对不上" in capsys.readouterr().out


def test_a_busy_register_says_who_writes(
    box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Register(tmp_path / "S", loading.read(loading.form_dir())):
        assert run("receive", box.folder, "--store", tmp_path / "S") == 2
        assert run("backup", "-o", tmp_path / "b.zip", "--store", tmp_path / "S") == 2
    reported = capsys.readouterr().err
    assert reported.count("正由另一个程序写入") == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["receive", "没有", "--store", "S"],
        ["receive", "."],
        ["receive", ".", "--store", "S", "--due", "明天"],
        ["receive", ".", "--store", "S", "--keys", "."],
        ["stats"],
        ["stats", "--store", "."],
        ["stats", "--by", "industry", "x.zip"],
        ["show"],
        ["show", "--store", "."],
        ["backup", "-o", "b.zip"],
        ["backup", "-o", "b.zip", "--store", "."],
        ["restore", "没有.zip", "-o", "x"],
    ],
)
def test_wrong_usage_exits_2_in_chinese(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.zip").write_bytes(b"")
    assert run(*arguments) == 2
    reported = capsys.readouterr()
    assert any("\u4e00" <= c <= "\u9fff" for c in reported.err + reported.out)


def test_an_unknown_grouping_names_the_known(
    box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("receive", box.folder, "--store", tmp_path / "S")
    assert run("stats", "--store", tmp_path / "S", "--by", "没有这一项") == 2
    assert "unit_category" in capsys.readouterr().err
    assert run("stats", "--store", tmp_path / "S", "--by", "phone") == 2
    assert "个人信息" in capsys.readouterr().err


def test_backup_and_restore(box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("receive", box.folder, "--store", tmp_path / "S")
    target = tmp_path / "备份.zip"
    assert run("backup", "-o", target, box.folder, "--store", tmp_path / "S") == 0
    assert run("backup", "-o", target, box.folder) == 2
    assert run("restore", target, "-o", tmp_path / "out") == 0
    assert run("restore", target, "-o", tmp_path / "out") == 2
    capsys.readouterr()
    assert run("stats", "--store", tmp_path / "out" / "S") == 0
    again = run("receive", tmp_path / "out" / "收件", "--store", tmp_path / "out" / "S")
    assert (again, "都已登记过" in capsys.readouterr().err) == (0, True)
    target.write_bytes(target.read_bytes()[:-50])
    assert run("restore", target, "-o", tmp_path / "out2") == 1


def test_a_roster_with_errors_is_not_gone_by(
    box: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = tmp_path / "名册.xlsx"
    roster.write_bytes(b"%PDF-1.7")
    assert run("receive", box.folder, "--store", tmp_path / "S", "--roster", roster) == 2
    assert "名册" in capsys.readouterr().err
    assert not (tmp_path / "S").exists()
