"""What changed between two submissions of a unit: who joined, who left, whose entries differ.

Members are told apart by the field that the form's `unique` rule watches (the ID number), so
an order that changed is no change. Fields that the older submission does not know are left
out: nothing can be said of them. Values are canonical texts; labels are the report's affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
class SubmissionDiff:
    """Joined and changed stand in the newer order, left in the older one."""

    joined: tuple[Person, ...]
    left: tuple[Person, ...]
    changed: tuple[MemberChange, ...]
    unit_changed: tuple[FieldChange, ...]

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.changed or self.unit_changed)


def changes(old: Records, new: Records, form: Form) -> SubmissionDiff:
    """Compare two submissions. An ID that stands twice in one of them counts where it stands
    first; records without one are passed over (checking has named them)."""
    key = _told_apart_by(form)
    before, after = _by_key(old.members, key), _by_key(new.members, key)
    name = next((f.key for f in form.member if f.kind == "person_name"), key)
    compared = [f.key for f in form.member if f.key in old.members and f.key in new.members]
    old_rows = list(zip(*(old.members[k] for k in compared), strict=True))
    new_rows = list(zip(*(new.members[k] for k in compared), strict=True))
    changed = []
    for id_, record in after.items():
        if id_ in before and old_rows[before[id_]] != new_rows[record]:
            pairs = zip(compared, old_rows[before[id_]], new_rows[record], strict=True)
            fields = tuple(FieldChange(k, was, now) for k, was, now in pairs if was != now)
            changed.append(MemberChange(_person(new, id_, name, record), fields))
    return SubmissionDiff(
        joined=tuple(_person(new, i, name, r) for i, r in after.items() if i not in before),
        left=tuple(_person(old, i, name, r) for i, r in before.items() if i not in after),
        changed=tuple(changed),
        unit_changed=_unit(old.unit, new.unit, form.unit),
    )


def _told_apart_by(form: Form) -> str:
    for rule in form.rules:
        if rule.family == "unique":
            for path in rule.at:
                sheet, _, key = path.partition(".")
                if sheet == form.member.key:
                    return key
    return next(f.key for f in form.member if f.kind == "id_number")


def _by_key(members: Mapping[str, list[str]], key: str) -> dict[str, int]:
    """Key → number of the first record that has it, in the order of the records."""
    records: dict[str, int] = {}
    for number, text in enumerate(members.get(key, [])):
        if text:
            records.setdefault(text, number)
    return records


def _person(records: Records, id_: str, name: str, record: int) -> Person:
    names = records.members.get(name)
    return Person(id_, names[record] if names else "")


def _unit(old: Mapping[str, str], new: Mapping[str, str], sheet: Sheet) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(f.key, old[f.key], new[f.key])
        for f in sheet
        if f.key in old and f.key in new and old[f.key] != new[f.key]
    )
