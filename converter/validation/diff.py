"""What changed between two submissions of a unit: who joined, who left, whose entries differ.

The rows of a table are distinguished by the field that the form's `unique` rule watches (the ID
number), so an order that changed is no change. Without such a field a row is distinguished by its
required fields, or by all of them. Fields that the older submission does not know are left
out: nothing is known of them. Values are canonical texts; labels are the report's affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from converter.kinds import KINDS
from converter.model.forms import Form, Sheet
from converter.model.submissions import Records


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str  # the field's key
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class MemberChange:
    person: Person  # as in the newer submission
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class TableDiff:
    """Joined and changed stand in the newer order, left in the older one."""

    sheet: str
    joined: tuple[Person, ...] = ()
    left: tuple[Person, ...] = ()
    changed: tuple[MemberChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.changed)


@dataclass(frozen=True, slots=True)
class SubmissionDiff:
    record_changed: tuple[FieldChange, ...]
    tables: tuple[TableDiff, ...]  # in the form's order

    def __bool__(self) -> bool:
        return bool(self.record_changed or any(self.tables))


def changes(old: Records, new: Records, form: Form) -> SubmissionDiff:
    """Compare two submissions. An ID that stands twice in one of them counts where it stands
    first; records without one are passed over (checking has named them)."""
    return SubmissionDiff(
        record_changed=_record(old.record, new.record, form.record),
        tables=tuple(
            _table(old.tables.get(t.key, {}), new.tables.get(t.key, {}), t, form)
            for t in form.tables
        ),
    )


Columns = Mapping[str, Sequence[str]]


def _table(old: Columns, new: Columns, sheet: Sheet, form: Form) -> TableDiff:
    compared = [field.key for field in sheet if field.key in old and field.key in new]
    keys = [key for key in _identifying(sheet, form) if key in compared]
    if not keys:  # nothing that both know tells one row from another
        return TableDiff(sheet.key)
    before, after = _by_key(old, keys), _by_key(new, keys)
    name = _name(sheet, keys)
    others = [key for key in keys if key != name]

    def person(table: Columns, row: int) -> Person:
        id_ = " ".join(table[key][row] for key in others if table[key][row])
        return Person(id_, table[name][row] if name in table else "")

    old_rows = list(zip(*(old[k] for k in compared), strict=True))
    new_rows = list(zip(*(new[k] for k in compared), strict=True))
    changed = []
    for key, row in after.items():
        if key in before and old_rows[before[key]] != new_rows[row]:
            pairs = zip(compared, old_rows[before[key]], new_rows[row], strict=True)
            fields = tuple(FieldChange(k, was, now) for k, was, now in pairs if was != now)
            changed.append(MemberChange(person(new, row), fields))
    return TableDiff(
        sheet.key,
        joined=tuple(person(new, row) for key, row in after.items() if key not in before),
        left=tuple(person(old, row) for key, row in before.items() if key not in after),
        changed=tuple(changed),
    )


def _identifying(sheet: Sheet, form: Form) -> list[str]:
    """The fields that tell one row of a table from another."""
    for rule in form.rules:
        if rule.family == "unique":
            for path in rule.at:
                table, _, key = path.partition(".")
                if table == sheet.key:
                    return [key]
    numbers = [field.key for field in sheet if KINDS[field.kind].unique_key]
    required = [field.key for field in sheet if field.required]
    return numbers[:1] or required or [field.key for field in sheet if not field.derive]


def _name(sheet: Sheet, keys: Sequence[str]) -> str:
    """The field by which people call a row: its key, or the name beside an ID number."""
    identifying = [sheet.field(key) for key in keys]
    if KINDS[identifying[0].kind].unique_key:
        identifying = [*sheet]
    return next((f.key for f in identifying if KINDS[f.kind].person_name), keys[0])


Key = tuple[str, ...]


def _by_key(table: Columns, keys: Sequence[str]) -> dict[Key, int]:
    """Key → number of the first row that has it, in the order of the rows."""
    rows: dict[Key, int] = {}
    for number, texts in enumerate(zip(*(table[key] for key in keys), strict=True)):
        if any(texts):
            rows.setdefault(texts, number)
    return rows


def _record(
    old: Mapping[str, str], new: Mapping[str, str], sheet: Sheet
) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(f.key, old[f.key], new[f.key])
        for f in sheet
        if f.key in old and f.key in new and old[f.key] != new[f.key]
    )
