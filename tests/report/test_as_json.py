from __future__ import annotations

import json
from typing import Any

from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.report import as_json

from .conftest import FILE, ID, MEMBER, id_issue, note, outcome, unreadable


def parsed(form: Form, *outcomes: Any, **options: Any) -> Any:
    return json.loads("".join(as_json.pieces(outcomes, form, **options)))


def test_document_has_exactly_the_keys_of_the_contract(form: Form) -> None:
    first = Place(FILE, MEMBER, 3, 3, "id_number")
    issue = Issue(
        "X191", Level.ERROR, Place(FILE, MEMBER, 17, 3, "id_number"), ID, {"first": "C3"}, (first,)
    )
    assert parsed(form, outcome(issue)) == {
        "version": 1,
        "summary": {"files": 1, "ok": 0, "warnings": 0, "errors": 1, "unreadable": 0},
        "files": [
            {
                "file": FILE,
                "status": "errors",
                "unit": {"code": "130100001", "name": "示例一厂工会委员会"},
                "members": 40,
                "issues": [
                    {
                        "code": "X191",
                        "level": "error",
                        "sheet": MEMBER,
                        "cell": "C17",
                        "row": 17,
                        "field": "id_number",
                        "title": "身份证号",
                        "value": "130102********05",
                        "message": "与C3相同",
                        "fix": "删去重复的一行",
                        "related": [{"file": FILE, "sheet": MEMBER, "cell": "C3"}],
                    }
                ],
            }
        ],
    }


def test_every_cell_is_listed(form: Form) -> None:
    issues = parsed(form, outcome(*[id_issue(row) for row in range(3, 303)]))["files"][0]["issues"]
    assert [issue["cell"] for issue in issues] == [f"C{row}" for row in range(3, 303)]


def test_summary_counts_each_status(form: Form) -> None:
    warning = Issue("X101", Level.WARNING, Place(FILE), "", {})
    document = parsed(form, outcome(), outcome(note(3)), outcome(warning), unreadable())
    assert document["summary"] == {"files": 4, "ok": 2, "warnings": 1, "errors": 0, "unreadable": 1}
    assert [file["status"] for file in document["files"]] == ["ok", "ok", "warnings", "unreadable"]


def test_ids_are_masked_unless_asked_for(form: Form) -> None:
    assert ID not in "".join(as_json.pieces([outcome(id_issue(3, ID, length=ID))], form))
    assert (
        parsed(form, outcome(id_issue(3, ID)), show_ids=True)["files"][0]["issues"][0]["value"]
        == ID
    )


def test_file_issue_has_empty_place(form: Form) -> None:
    (issue,) = parsed(form, unreadable())["files"][0]["issues"]
    assert (issue["sheet"], issue["cell"], issue["row"], issue["title"]) == ("", "", 0, "")


def test_what_was_typed_is_told_as_it_is_even_when_no_encoding_has_it(form: Form) -> None:
    value = 'a"\\\ud800\x00\n𠮷'
    issue = Issue("K112", Level.ERROR, Place(FILE, MEMBER, 3, 2, "name"), value)
    text = "".join(as_json.pieces([outcome(issue)], form))
    text.encode("utf-8")
    assert json.loads(text)["files"][0]["issues"][0]["value"] == value


def test_ascii_only_says_the_same(form: Form) -> None:
    text = "".join(as_json.pieces([outcome(id_issue(3))], form, ascii_only=True))
    assert text.isascii()
    assert json.loads(text) == parsed(form, outcome(id_issue(3)))
