"""What a forward consists of: its members, the columns of its tables, its limits."""

from __future__ import annotations

from dataclasses import dataclass

from converter.model.forms import Form
from converter.register.decisions import COLUMNS as DECISION
from converter.register.explanations import COLUMNS as EXPLANATION
from converter.register.inserting import FINDING, FLAG, NUMBER, SUBMISSION, TEXT
from converter.register.schema import table_of

FORMAT = "gonghui-forward/1"
MEDIA_TYPE = b"application/vnd.gonghui.forward+zip"
DESCRIPTOR, SIGNATURE, IDENTITY, STANDING = (
    "datapackage.json", "signature", "identity.xml", "standing.json",
)  # fmt: skip
SUFFIX, SEALED = ".csv.gz", ".age"
UNITS, REPORTS, ANSWERS, MEMBERS = "units", "reports", "answers", "members"
WITHOUT_ROWS = "members_without_rows"  # how many of the members that count
FINDINGS, ROSTER, DECISIONS, REASONS = "findings", "roster", "decisions", "reasons"


@dataclass(frozen=True, slots=True)
class ForwardTable:
    """A table of a forward: its columns and their types in the database."""

    name: str
    columns: dict[str, str]
    partition: str  # the register's table that it becomes; '' = none

    @property
    def path(self) -> str:
        return self.name + SUFFIX


def tables(form: Form, *, members: bool = True) -> list[ForwardTable]:
    """The tables of a forward, in order; `members`: with the members and what was explained."""
    unit = {
        "id": NUMBER, "code": TEXT, "name": TEXT, "superior_code": TEXT, "superior": TEXT,
        "serial": NUMBER, "via": TEXT,
    }  # fmt: skip
    roster = {
        "code": TEXT, "name": TEXT, "superior_code": TEXT, "superior": TEXT, "period": TEXT,
        "position": NUMBER, "exempt": FLAG, "via": TEXT,
    }  # fmt: skip
    keys = {"period": TEXT, "unit": NUMBER, "submission": NUMBER}
    answers = keys | {field.key: TEXT for field in form.record}
    rows = [
        ForwardTable(
            table_of(form, sheet.key),
            keys | {"record": NUMBER, "source_row": NUMBER} | {f.key: TEXT for f in sheet},
            table_of(form, sheet.key),
        )
        for sheet in form.tables
    ]
    found = [
        ForwardTable(UNITS, unit, "units"),
        ForwardTable(REPORTS, SUBMISSION | {"via": TEXT}, "submissions"),
        ForwardTable(ANSWERS, answers, "answers"),
        *rows,
        ForwardTable(FINDINGS, dict(FINDING), "findings"),
        ForwardTable(ROSTER, roster, "roster"),
        ForwardTable(DECISIONS, dict(DECISION), ""),
        ForwardTable(REASONS, dict(EXPLANATION), ""),
    ]
    personal = {one.name for one in rows} | {REASONS}
    return [one for one in found if members or one.name not in personal]
