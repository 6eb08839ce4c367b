"""The register's file: versions, one writer, whole batches, published snapshots."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from converter.model.errors import RegisterBusy, RegisterError
from converter.model.forms import Form
from converter.register import ClaimedSender, ReceivedFile, Register, RosterEntry, Snapshot, schema
from converter.register.writer import rows_file
from tests.canonical import FORM

NAME, SUPERIOR = "示例机械有限公司工会委员会", "示例县总工会"


def arrival(file: str, digest: str = "d", **changed: Any) -> ReceivedFile:
    one = ReceivedFile(
        file, f"sha of {file}", "accepted", ClaimedSender("", NAME, "", SUPERIOR), period="2026",
        digest=digest, member_sheet="会员基本信息表", id_column=3,
    )  # fmt: skip
    return replace(one, **changed)


def answered(folder: Path, **answers: str) -> str:
    """A spool folder with what the first file of a batch answers."""
    folder.mkdir()
    values = ["0", *(answers.get(field.key, "") for field in FORM.record)]
    line = ",".join(f'"{value}"' for value in values)
    packed = gzip.compress(f"{line}\r\n".encode())
    (folder / rows_file(FORM.record.key)).write_bytes(packed)
    return str(folder)


def record(folder: Path, *batches: list[ReceivedFile], form: Form = FORM) -> None:
    with Register(folder, form) as register:
        for batch in batches:
            with register.record(batch, "2026-03-01T00:00:00Z"):
                pass
        register.publish("2026", 1_772_000_000)


def states(folder: Path) -> list[tuple[str, str]]:
    with Snapshot(folder) as found:
        return found.query("SELECT file, state FROM submissions ORDER BY id")


def test_supersession_is_the_same_within_a_batch_and_across_batches(tmp_path: Path) -> None:
    files = [arrival("1", "a"), arrival("2", "b"), arrival("3", "b"), arrival("4", "c")]
    record(tmp_path / "one", files)
    record(tmp_path / "many", *([file] for file in files))
    expected = [("1", "superseded"), ("2", "superseded"), ("3", "identical"), ("4", "current")]
    assert states(tmp_path / "one") == states(tmp_path / "many") == expected


def test_a_clock_that_was_ahead_makes_nothing_older(tmp_path: Path) -> None:
    """Signed in 2031, received in 2026: what the unit corrects with its clock set right counts."""
    files = [
        (arrival("1", "a", created="2031-01-02T00:00:00Z"), "2026-03-01T00:00:00Z"),
        (arrival("0", "z", created="2031-01-01T00:00:00Z"), "2026-03-01T00:00:00Z"),
        (arrival("2", "b", created="2026-03-02T00:00:00Z"), "2026-03-03T00:00:00Z"),
        (arrival("3", "c", created="2026-03-01T00:00:00Z"), "2026-03-04T00:00:00Z"),
    ]
    for one, received in files:
        with Register(tmp_path, FORM) as register:
            with register.record([one], received):
                pass
            register.publish("2026", 1_772_000_000)
    expected = [("1", "superseded"), ("0", "older"), ("2", "current"), ("3", "older")]
    assert states(tmp_path) == expected


def test_opening_again_remembers_what_counts(tmp_path: Path) -> None:
    record(tmp_path, [arrival("1", "a")])
    record(tmp_path, [arrival("2", "b")])
    assert states(tmp_path) == [("1", "superseded"), ("2", "current")]


def test_what_fails_while_replying_leaves_no_trace(tmp_path: Path) -> None:
    with Register(tmp_path, FORM) as register:
        with pytest.raises(OSError, match="disk"), register.record([arrival("1")], "t"):
            raise OSError("disk full")
        assert register.done([("1", "sha of 1")]) == set()
        with register.record([arrival("1")], "t") as settled:
            pass
        assert settled[0].id == 1


def test_members_come_from_the_spool_to_the_right_submission(tmp_path: Path) -> None:
    with Register(tmp_path, FORM) as register:
        spool = register.spool / "batch"
        spool.mkdir()
        lines = [
            '"0","1","5","赵示例","1","","",""',
            '"2","1","7","钱, ""示""例","2","2020-01-01","",""',
        ]
        data = "\r\n".join([*lines, ""]).encode()
        (spool / rows_file("member")).write_bytes(gzip.compress(data))
        batch = [
            arrival("1", "a", spool=str(spool), number=0),
            arrival("x", result="rejected", spool=str(spool), number=1),
            arrival("2", "b", spool=str(spool), number=2),
        ]
        with register.record(batch, "t"):
            pass
        rows = register.query("SELECT submission, record, source_row, name, joined_on FROM members")
    assert rows == [(1, 1, 5, "赵示例", ""), (3, 1, 7, '钱, "示"例', "2020-01-01")]


def test_a_unit_known_by_name_gets_the_rosters_code_and_its_history(tmp_path: Path) -> None:
    with Register(tmp_path, FORM) as register:
        with register.record([arrival("1", "a")], "t") as before:
            assert before[0].code == ""
        with register.record(
            [arrival("2", "b", claim=ClaimedSender("77", "别的工会", "", "别处"))], "t"
        ):
            pass
        assert register.query("SELECT state FROM submissions") == [("current",)] * 2
        register.set_roster(
            [RosterEntry("42", "示例机械有限公司 工会委员会", "", SUPERIOR)], "2026"
        )
        with register.record([arrival("3", "c")], "t") as after:
            assert (after[0].code, after[0].unit) == ("42", before[0].unit)
        assert register.query("SELECT state FROM submissions ORDER BY id") == [
            ("superseded",), ("held",), ("current",),  # the second is on no line of the roster
        ]  # fmt: skip


def test_two_names_of_one_unit_become_one_history(tmp_path: Path) -> None:
    with Register(tmp_path, FORM) as register:
        coded = arrival("1", "a", claim=ClaimedSender("42", "老名称", "", SUPERIOR))
        with register.record([coded, arrival("2", "b")], "t"):
            pass
        assert len(register.query("SELECT * FROM units")) == 2
        register.set_roster([RosterEntry("42", NAME, "", SUPERIOR)], "2026")
        assert len(register.query("SELECT * FROM units")) == 1
        assert register.query("SELECT state, other FROM submissions ORDER BY id") == [
            ("superseded", 2),
            ("current", 0),
        ]


@pytest.mark.parametrize(("listed", "other"), [("7", "007"), ("a-7", "A-7"), ("a7", "0A7")])
@pytest.mark.parametrize("first", [0, 1])
def test_two_spellings_of_a_code_become_one_history(
    tmp_path: Path, listed: str, other: str, first: int
) -> None:
    """The roster lost the zeros, or the case, that files of one unit have and lack."""
    claims = [ClaimedSender(code, NAME, "", SUPERIOR) for code in (listed, other)]
    files = [arrival(str(n), str(n), claim=claims[n ^ first]) for n in (0, 1)]
    with Register(tmp_path, FORM) as register:
        for file in files:
            with register.record([file], "2026-03-01T00:00:00Z"):
                pass
        register.set_roster([RosterEntry(listed, NAME, "", SUPERIOR)], "2026")
        assert register.query("SELECT code FROM units") == [(other,)]
        later = arrival("2", "2", claim=claims[1])
        with register.record([later], "2026-03-02T00:00:00Z") as settled:
            pass
        register.publish("2026", 1_772_000_000)
    assert states(tmp_path) == [("0", "superseded"), ("1", "superseded"), ("2", "current")]
    with Register(tmp_path, FORM) as register:  # the same when it is opened anew
        again = arrival("3", "3", claim=claims[1])
        with register.record([again], "2026-03-03T00:00:00Z") as same:
            assert same[0].unit == settled[0].unit


def test_a_register_of_version_1_is_brought_up_to_date(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "register.duckdb")) as old:
        old.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)")
        old.execute("INSERT INTO schema_version VALUES (1)")
        old.execute(schema.VERSION_1)
        old.execute("ALTER TABLE answers ADD COLUMN staff VARCHAR")
        old.execute("INSERT INTO units VALUES (1, '', ?, '', ?)", [NAME, SUPERIOR])
        old.execute(
            "INSERT INTO submissions VALUES (1, 1, '2026', 'old', 'c', 'a', 'accepted', 'current',"
            " 0, 't', '', 'arrival', '', ?, ?, '2026.1', 0, 4, 0, 0, false, false, false, '', '', 3)",
            [NAME, SUPERIOR],
        )
        old.execute("INSERT INTO answers VALUES (1, '15')")
    record(tmp_path, [arrival("new", "b", spool=answered(tmp_path / "rows", staff="16"))])
    assert states(tmp_path) == [("old", "superseded"), ("new", "current")]
    with Register(tmp_path, FORM) as register:
        versions = register.query("SELECT version FROM schema_version ORDER BY version")
        assert versions == [(n,) for n in range(1, schema.LATEST + 1)]
        assert register.query("SELECT staff FROM answers ORDER BY submission") == [("15",), ("16",)]


def test_a_register_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    record(tmp_path, [arrival("1")])
    with duckdb.connect(str(tmp_path / "register.duckdb")) as newer:
        newer.execute("INSERT INTO schema_version VALUES (99)")
    with pytest.raises(RegisterError) as error, Register(tmp_path, FORM):
        pass
    assert error.value.message_key == "store_newer"
    with Register(tmp_path / "other", FORM):
        pass  # and the lock was given back


def test_a_field_that_is_new_in_the_form_gets_its_column(tmp_path: Path) -> None:
    fewer = replace(
        FORM, sheets=(replace(FORM.record, fields=FORM.record.fields[:5]), FORM.main_table)
    )
    record(tmp_path, [arrival("1", "a")], form=fewer)
    spool = answered(tmp_path / "rows", postcode="050000")
    record(tmp_path, [arrival("2", "b", spool=spool)])
    with Snapshot(tmp_path) as found:
        assert found.query("SELECT postcode FROM answers") == [("050000",)]


def test_a_second_writer_is_told_who_is_writing(tmp_path: Path) -> None:
    with Register(tmp_path, FORM), pytest.raises(RegisterBusy) as error, Register(tmp_path, FORM):
        pass
    assert error.value.pid
    assert error.value.host


def test_what_a_killed_writer_left_does_not_lock_anybody_out(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from converter.register import Register;"
        "from converter.forms import loading;"
        "Register(Path(sys.argv[1]), loading.read(loading.form_dir())).__enter__();"
        "print('held', flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "held\n", done.stderr
    assert json.loads((tmp_path / "lock").read_bytes())["pid"]
    with Register(tmp_path, FORM):
        pass


def test_readers_see_whole_publications_while_somebody_writes(tmp_path: Path) -> None:
    record(tmp_path, [arrival("1", "a")])
    with Snapshot(tmp_path) as before, Register(tmp_path, FORM) as register:
        with register.record([arrival("2", "b")], "t"):
            pass
        assert before.query("SELECT count(*) FROM submissions") == [(1,)]
        register.publish("2026", 1_772_000_001)
        assert before.query("SELECT count(*) FROM submissions") == [(1,)]
        with Snapshot(tmp_path) as after:
            assert after.query("SELECT count(*) FROM submissions") == [(2,)]


def test_a_folder_without_a_register_is_no_register(tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as error:
        Snapshot(tmp_path)
    assert error.value.message_key == "store_unpublished"


def test_a_file_that_is_no_register_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "register.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(RegisterError) as error, Register(tmp_path, FORM):
        pass
    assert error.value.message_key == "store_broken"


def test_where_reading_itself_failed_it_is_tried_again(tmp_path: Path) -> None:
    lost = arrival("1", "", result="rejected", claim=ClaimedSender(), found=(("F902", "error", 1),))
    refused = arrival("2", "", result="rejected", found=(("K503", "error", 1),))
    record(tmp_path, [lost, refused])
    both = [("1", "sha of 1"), ("2", "sha of 2")]
    with Register(tmp_path, FORM) as register:
        assert register.done([*both, ("1", "sha of 2")]) == {("2", "sha of 2")}
    record(tmp_path, [lost])
    record(tmp_path, [arrival("1", "a")])
    assert states(tmp_path) == [("1", "current"), ("2", "rejected")]
    with Register(tmp_path, FORM) as register:
        assert register.done(both) == set(both)


def test_a_later_file_of_a_batch_does_not_change_what_is_told_of_an_earlier_one(
    tmp_path: Path,
) -> None:
    """Receipts do not depend on where one batch ends and the next begins."""
    coded = ClaimedSender("42", NAME, "1", SUPERIOR)
    files = [arrival("1", "a"), arrival("2", "b", claim=coded), arrival("3", "c")]
    reported = []
    for name, batches in (("one", [files]), ("many", [[file] for file in files])):
        with Register(tmp_path / name, FORM) as register:
            for batch in batches:
                with register.record(batch, "t") as settled:
                    reported += [(one.code, one.unit, one.state) for one in settled]
            assert register.query("SELECT code, superior_code FROM units") == [("42", "1")]
    assert reported[:3] == reported[3:]
    assert reported[0][0] == ""


def test_thousands_of_units_get_their_codes_at_once(tmp_path: Path) -> None:
    names = [f"示例第{n}公司工会委员会" for n in range(3_000)]
    with Register(tmp_path, FORM) as register:
        claims = [arrival(name, claim=ClaimedSender("", name, "", SUPERIOR)) for name in names]
        with register.record(claims, "t"):
            pass
        roster = [
            RosterEntry(f"130102-{n:04}", name, "130102", SUPERIOR) for n, name in enumerate(names)
        ]
        register.set_roster(roster[:-1], "2026")
        codes = dict(register.query("SELECT name, code FROM units"))
    assert [codes[name] for name in names] == [unit.code for unit in roster[:-1]] + [""]


def test_where_replies_fail_units_are_forgotten_too(tmp_path: Path) -> None:
    with Register(tmp_path, FORM) as register:
        with pytest.raises(OSError, match="disk"), register.record([arrival("1")], "t"):
            raise OSError("disk full")
        with register.record([arrival("1")], "t") as settled:
            pass
        assert settled[0].unit == 1
        assert register.query("SELECT id, name FROM units") == [(1, NAME)]
