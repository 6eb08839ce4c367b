"""Records → the members of a package, and the members → a zip that was read back."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from converter import identity, ooxml
from converter.model import Form, Level, Records, Resource, Stamp
from converter.package import descriptor, reading, tables


class PackageError(Exception):
    """What was written did not read back as it should: nothing was kept."""


def build(
    records: Records, form: Form, identity_bytes: bytes | None, created: int
) -> list[tuple[str, bytes]]:
    """The members of a package, in the order in which they are written. `created`: seconds
    since 1970.

    `identity_bytes` may be a whole identity file: its secret is left behind. Raises ValueError
    for text that the profile's encoding cannot hold and for bytes that are no identity file.
    """
    contents = [_content(resource, records, form) for resource in form.package.resources]
    stamp = _named(records.stamp, records.unit, form)
    extra = []
    if identity_bytes is not None:
        document = identity.public_document(identity_bytes)
        stamp = _of_identity(stamp, document)
        extra.append((form.package.identity, document))
    described = descriptor.descriptor(form, contents, records, stamp, created)
    return [
        (form.package.descriptor, descriptor.to_bytes(described)),
        *((content.resource.path, content.data) for content in contents),
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

    ooxml.write_zip(path, members, when=created, verify=verify)


def _content(resource: Resource, records: Records, form: Form) -> descriptor.Content:
    columns: list[Sequence[str]]
    if resource.sheet == "unit":
        columns = [[records.unit.get(key, "")] for _, key in resource.columns]
    else:
        count = max(map(len, records.members.values()), default=0)
        blank = [""] * count
        columns = [records.members.get(key, blank) for _, key in resource.columns]
    data = tables.encode([name for name, _ in resource.columns], columns, form.package.encoding)
    return descriptor.Content(resource, data, len(columns[0]) if columns else 0)


def _named(stamp: Stamp, unit: Mapping[str, str], form: Form) -> Stamp:
    """The stamp with the names that the clerk typed, where none were stamped in."""
    typed = {field.identity: unit.get(field.key, "") for field in form.unit if field.identity}
    return replace(
        stamp,
        unit_name=typed.get("unit_name") or stamp.unit_name,
        superior_name=typed.get("superior_name") or stamp.superior_name,
        period=stamp.period or str(form.prose.get("period", "")),
    )


def _of_identity(stamp: Stamp, document: bytes) -> Stamp:
    holder = identity.parse(document).identity
    return replace(
        stamp,
        unit_code=holder.unit_code,
        unit_name=holder.unit_name,
        superior_code=holder.superior_code,
        superior_name=holder.superior_name,
        period=holder.period,
        serial=holder.serial,
    )
