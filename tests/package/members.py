"""The members of packages, sound and spoiled, for the tests beside this module."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from converter import identity, package
from converter.files import zip_writing
from converter.model.forms import Form
from converter.model.submissions import Records, Submission
from converter.package import descriptor
from tests.canonical import CREATED, FORM, IDENTITY, records

DESCRIPTOR = FORM.package.descriptor
REASONS = (("unit.members", "", "有 2 人借调，未入表"), ("member", "2", "补录"))
Members = dict[str, bytes]


def built(of: Records | None = None, definition: Form = FORM) -> Members:
    whole = identity.compose(IDENTITY) if of is None else None
    return dict(package.build(of or records(reasons=REASONS), definition, whole, CREATED))


def zipped(members: Members, folder: Path, name: str = "上报.zip") -> Path:
    path = folder / name
    zip_writing.write_zip(path, members.items(), when=CREATED)
    return path


def described(members: Members) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(members[DESCRIPTOR])
    return found


def refitted(members: Members, **changes: Any) -> Members:
    """The members with a descriptor that fits the tables as they are now, and `changes`."""
    found = described(members)
    for resource in found["resources"]:
        data = members.get(resource["path"], b"")
        resource |= {"bytes": len(data), "hash": descriptor.hash_of(data)}
    paths = [resource["path"] for resource in found["resources"]]
    found["digest"] = descriptor.digest((p, members.get(p, b"")) for p in paths)
    return members | {DESCRIPTOR: descriptor.to_bytes(found | changes)}


def read(members: Members, folder: Path, definition: Form = FORM) -> Submission:
    return package.read(zipped(members, folder), definition)


def codes(submission: Submission) -> list[str]:
    return [issue.code for issue in submission.issues]


def as_records(found: Submission, like: Records) -> Records:
    """What checking makes of a package whose cells are all sound."""
    assert "unit" in found.sheets
    assert "member" in found.sheets
    unit = {key: column.text[0] for key, column in found.sheets["unit"].columns.items()}
    members = {key: column.text for key, column in found.sheets["member"].columns.items()}
    reasons = [
        (f"unit.{key}", "", texts[0]) for key, texts in found.sheets["unit"].explanations.items()
    ] + [
        ("member", str(number), text)
        for number, text in enumerate(found.sheets["member"].explanations.get("", []), 1)
        if text
    ]
    return Records(unit, {"member": members}, tuple(reasons), found.stamp, like.today)


def read_bytes(data: bytes) -> Submission:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.zip")
        path.write_bytes(data)
        return package.read(path, FORM)


def swap(member: str, old: str, new: str) -> Callable[[Members], Members]:
    def change(members: Members) -> Members:
        text = members[member].decode()
        assert old in text
        return members | {member: text.replace(old, new, 1).encode()}

    return change


def edited(**changes: Any) -> Callable[[Members], Members]:
    def change(members: Members) -> Members:
        return members | {DESCRIPTOR: descriptor.to_bytes(described(members) | changes)}

    return change
