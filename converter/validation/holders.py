"""A checked submission beside the identity file of the unit that hands it in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import Identity
from converter.validation.checking import Checked


def of_unit(
    checked: Checked,
    form: Form,
    document: bytes | None,
    issues: Iterable[Issue] = (),
    *,
    seal: bool = False,
) -> tuple[Checked, str]:
    """The submission with its unit's stamp, and for whom its tables are sealed ('' = nobody).

    `document` is the public part of an identity file, `issues` what is wrong with that file; both
    go with the outcome, and so does a submission that names another unit (I201).
    """
    found, records, recipient = list(issues), checked.records, ""
    if document is not None:
        from converter import identity  # brings cryptography, which most packages do without

        public = identity.parse(document)
        found += _other_unit(public.identity, checked, form)
        records = replace(records, stamp=records.stamp.of_holder(public.identity))
        recipient = public.keys.union_sealing if seal else ""
    return replace(checked, outcome=checked.outcome.after(found), records=records), recipient


def _other_unit(holder: Identity, checked: Checked, form: Form) -> list[Issue]:
    """The workbook names another unit, or another superior union, than the identity file."""
    submission = checked.submission
    sheet = form.record
    raw = submission.sheets.get(sheet.key)
    issues = []
    for field in sheet:
        expected = getattr(holder, field.identity, "") if field.identity else ""
        found = checked.records.record.get(field.key, "")
        if expected and found and expected != found:
            place = (
                raw.place(submission.file_of(sheet.key), field.key, 0)
                if raw
                else Place(submission.file)
            )
            params = {"expected": expected}
            issues.append(Issue("I201", Level.ERROR, place, found, params))
    return issues
