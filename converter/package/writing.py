"""Records → the members of a package, and the members → a zip that was read back."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from converter.files import zip_writing
from converter.model.errors import PackageError
from converter.model.forms import Form, Resource
from converter.model.issues import Level
from converter.model.submissions import Records, Stamp
from converter.package import descriptor, reading, tables
from converter.package.archive import REASONS, SEALED


def build(
    records: Records,
    form: Form,
    identity_bytes: bytes | None,
    created: int,
    *,
    recipient: str = "",
) -> list[tuple[str, bytes]]:
    """The members of a package, in the order in which they are written. `created`: seconds
    since 1970; `recipient`: for whom the tables are sealed (age1…), '' = they are not.

    `identity_bytes` may be a whole identity file: its secret is left behind. Raises ValueError
    for text that the profile's encoding cannot hold, for bytes that are no identity file and
    for what is no recipient.
    """
    contents = [_content(resource, records, form) for resource in form.package.resources]
    stamp = _named(records.stamp, records.record, form)
    extra = []
    if identity_bytes is not None:
        from converter import identity  # brings cryptography, which most packages do without

        document = identity.public_document(identity_bytes)
        stamp = stamp.of_holder(identity.parse(document).identity)
        extra.append((form.package.identity, document))
    reasons = b""
    if recipient:
        contents, reasons = _sealed(contents, records, recipient)
    described = descriptor.descriptor(form, contents, records, stamp, created, reasons)
    return [
        (form.package.descriptor, descriptor.to_bytes(described)),
        *(_member(content) for content in contents),
        *([(REASONS + SEALED, reasons)] if reasons else []),
        *extra,
    ]


def write(path: Path, members: Sequence[tuple[str, bytes]], form: Form, *, created: int) -> None:
    """Write a package whole or not at all; it is read back before it gets its name.

    Raises OSError, and PackageError (a bug) where it does not come back as it was given.
    """

    def verify(written: Path) -> None:
        with zipfile.ZipFile(written) as archive:
            if [(name, archive.read(name)) for name in archive.namelist()] != list(members):
                raise PackageError(f"{path}: the members do not read back")
        errors = [i for i in reading.read(written, form).issues if i.level is Level.ERROR]
        if errors:
            raise PackageError(f"{path}: {errors[0].code} {dict(errors[0].params)}")

    zip_writing.write_zip(path, members, when=created, verify=verify)


def _content(resource: Resource, records: Records, form: Form) -> descriptor.Content:
    columns = records.columns(resource.sheet, [key for _, key in resource.columns])
    data = tables.encode([name for name, _ in resource.columns], columns, form.package.encoding)
    return descriptor.Content(resource, data, len(columns[0]) if columns else 0)


def _member(content: descriptor.Content) -> tuple[str, bytes]:
    path = content.resource.path
    return (path + SEALED, content.sealed) if content.sealed else (path, content.data)


def _sealed(
    contents: Sequence[descriptor.Content], records: Records, recipient: str
) -> tuple[list[descriptor.Content], bytes]:
    from converter.identity import keys

    sealed = [replace(c, sealed=keys.seal(c.data, recipient)) for c in contents]
    reasons = descriptor.reasons(records)
    inside = descriptor.to_bytes(reasons) if reasons else b""
    return sealed, keys.seal(inside, recipient) if inside else b""


def _named(stamp: Stamp, record: Mapping[str, str], form: Form) -> Stamp:
    """The stamp with the names that the clerk typed, where none were stamped in."""
    typed = {field.identity: record.get(field.key, "") for field in form.record if field.identity}
    return replace(
        stamp,
        unit_name=typed.get("unit_name") or stamp.unit_name,
        superior_name=typed.get("superior_name") or stamp.superior_name,
        period=stamp.period or str(form.prose.get("period", "")),
    )
