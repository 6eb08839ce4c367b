"""A forward from outside → its partition: verified first, opened, then every table read strictly.

It runs in a worker, as everything does that reads a file from outside. Nothing is trusted before
the signature over the descriptor is found good; then each member must have the size and digest that
the descriptor names. The database reads tables with the columns that are known.

Codes: P201 damaged or cut short · P202 of a newer program · P203 another form or version · P204
altered · P205 not signed by the key that it names · P206 identity and content name two unions ·
P207 another period · P208 tables that contradict one another · P209 for another union above ·
P141 sealed, and no key is given · P142 does not open; and those of chains (`identity.chains`).
"""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from converter import identity
from converter.files import canonical_json, os_errors, zip_directory
from converter.identity import chains, files, keys, sealed_files, standing, verifying
from converter.identity.elements import CODE, IdentityRefused, is_name
from converter.identity.links import UnionIdentity
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.package.origin import is_time
from converter.upward import layout
from converter.upward.layout import ForwardTable
from converter.upward.partition import ForwardRefused, ReadForward, disk_full, write_partition

LARGEST_DESCRIPTOR = 4 << 20
LARGEST_DIRECTORY = 64 << 10
LARGEST_TABLE = 64 << 30  # bytes of a member as it travels
PIECE = 1 << 20
_SHA = re.compile("[0-9a-f]{64}")


@dataclass(slots=True)
class _Reading:
    path: Path
    file: str  # as the inbox names it
    form: Form
    keys: Path | None

    def issue(self, code: str, params: Mapping[str, str | int]) -> Issue:
        return Issue(code, Level.ERROR, Place(self.file), params=params)


def read(
    path: Path,
    file: str,
    form: Form,
    keys_folder: Path | None,
    target: Path,
    number: int,
    today: date,
) -> ReadForward:
    """Verify a forward and write its partition, as the forward of this number. Never raises on bad
    data. `keys_folder`: the keys of the union that receives."""
    reading = _Reading(path, file, form, keys_folder)
    found = ReadForward()
    try:
        with path.open("rb") as opened:
            archive = _archive(opened)
            described, data = _descriptor(archive, form)
            found = _header(described)
            found = _signed(archive, reading, described, data, found, today)
            if any(one.level is Level.ERROR for one in found.issues):
                return found
            known = layout.tables(form, members=not found.figures_only)
            spooled = _members(archive, described, known, target, reading)
        replies = write_partition(spooled, known, found, target, number)
    except ForwardRefused as refused:
        params = {"union": found.name, **refused.params}
        return replace(found, issues=(*found.issues, reading.issue(refused.code, params)))
    except zip_directory.DAMAGED as error:
        if isinstance(error, OSError) and os_errors.output_error(error).cause:
            raise  # the machine's fault, a full disk for one: the forward may be sound
        return replace(found, issues=(*found.issues, reading.issue("P201", {"union": found.name})))
    return replace(found, partition=True, replies=replies)


# --- the envelope --------------------------------------------------------------------------------


def _archive(file: BinaryIO) -> zipfile.ZipFile:
    if zip_directory.directory_size(file) > LARGEST_DIRECTORY:
        raise ForwardRefused("P201")
    archive = zip_directory.opened(file, LARGEST_DIRECTORY)
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise ForwardRefused("P201")
    return archive


def _small(archive: zipfile.ZipFile, member: str, limit: int) -> bytes | None:
    if member not in archive.namelist():
        return None
    with archive.open(member) as opened:
        data = opened.read(limit + 1)
    if len(data) > limit:
        raise ForwardRefused("P201")
    return data


def _descriptor(archive: zipfile.ZipFile, form: Form) -> tuple[dict[str, Any], bytes]:
    data = _small(archive, layout.DESCRIPTOR, LARGEST_DESCRIPTOR)
    try:
        described = canonical_json.read(data or b"")
    except ValueError as error:
        raise ForwardRefused("P201") from error
    if not isinstance(described, dict) or not isinstance(described.get("form"), dict):
        raise ForwardRefused("P201")
    if described.get("format") != layout.FORMAT:
        raise ForwardRefused("P202", found=str(described.get("format", ""))[:40])
    of = described["form"]
    if of.get("id") != form.id or of.get("version") != form.version:
        stated = f"{of.get('id', '')} {of.get('version', '')}"[:60]
        raise ForwardRefused("P203", found=stated, expected=f"{form.id} {form.version}")
    assert data is not None
    return described, data


def _header(described: Mapping[str, Any]) -> ReadForward:
    try:
        union, superior = described["union"], described["superior"]
        counts = {str(key): int(value) for key, value in described["counts"].items()}
        found = ReadForward(
            code=str(union["code"]),
            name=str(union["name"]),
            superior=str(superior["name"]),
            period=str(described["period"]),
            created=str(described["created"]),
            signer=str(described["signer"]),
            interim=described["interim"] is True,
            figures_only=described["figures_only"] is True,
            counts=counts,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ForwardRefused("P201") from error
    sound = CODE.fullmatch(found.code) and is_name(found.name) and is_name(found.period)
    if not sound or not is_time(found.created) or (found.superior and not is_name(found.superior)):
        raise ForwardRefused("P201")
    return found


def _signed(
    archive: zipfile.ZipFile,
    reading: _Reading,
    described: Mapping[str, Any],
    data: bytes,
    found: ReadForward,
    today: date,
) -> ReadForward:
    """With what its signature proves. Raises ForwardRefused."""
    signature = _small(archive, layout.SIGNATURE, 64)
    if signature is None or not keys.fits(found.signer, signature, data):
        raise ForwardRefused("P205")
    document = _small(archive, layout.IDENTITY, files.LARGEST)
    listed = _small(archive, layout.STANDING, standing.LARGEST)
    made = standing.read(listed) if listed else None
    if made is not None and made.signer == found.signer:
        found = replace(found, standing=made.document.decode())
    if document is None:
        return found
    try:
        chain = files.parse_union(document)
    except IdentityRefused as refused:
        raise ForwardRefused(refused.code, **refused.params) from refused
    own = chain[0]
    if not keys.same(own.signing, found.signer):
        raise ForwardRefused("P205")
    if (own.code, own.name) != (found.code, found.name) or own.superior_name != found.superior:
        raise ForwardRefused("P206", other=own.name)
    return _confirmed(chain, reading, found, today)


def _confirmed(
    chain: Sequence[UnionIdentity], reading: _Reading, found: ReadForward, today: date
) -> ReadForward:
    """With whether the chain leads to the union that receives."""
    union = identity.union_of(reading.keys) if reading.keys else None
    place = Place(reading.file, layout.IDENTITY)
    bottom = chains.bottom_of(chain[0])
    issues = verifying.validate_chain(bottom, chain, place, _day(found, today), union)
    # Only the union right above takes what a union below sends: others would count it twice.
    if union and not keys.same(chain[0].superior_signing, union.keys.signing):
        params = {"union": found.name, "superior": chain[0].superior_name}
        issues = [reading.issue("P209", params), *issues]
    confirmed = union is not None and not issues
    return replace(found, issues=tuple(issues), confirmed=confirmed)


def _day(found: ReadForward, today: date) -> date:
    """The day on which it was made; a clock that is ahead proves nothing."""
    return min(date.fromisoformat(found.created[:10]), today)


# --- the tables ----------------------------------------------------------------------------


def _members(
    archive: zipfile.ZipFile,
    described: Mapping[str, Any],
    known: Sequence[ForwardTable],
    target: Path,
    reading: _Reading,
) -> dict[str, Path]:
    """Every table's file, opened, of the size and digest that the signature covers."""
    entries = described.get("resources")
    content = described.get("content")
    if not isinstance(entries, list) or not isinstance(content, dict):
        raise ForwardRefused("P201")
    by_name = {str(e.get("name")): e for e in entries if isinstance(e, dict)}
    spooled: dict[str, Path] = {}
    for one in known:
        entry = by_name.get(one.name, {})
        member = str(entry.get("path", ""))
        if member not in (one.path, one.path + layout.SEALED) or member not in archive.namelist():
            raise ForwardRefused("P201")
        path = target / member
        size, digest = _copied(archive, member, path)
        if entry.get("bytes") != size or entry.get("hash") != f"sha256:{digest}":
            raise ForwardRefused("P204", member=member)
        if member.endswith(layout.SEALED):
            path = _opened(path, target / one.path, reading)
            with path.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
        if content.get(one.path) != digest:
            raise ForwardRefused("P204", member=member)
        spooled[one.name] = path
    return spooled


def _copied(archive: zipfile.ZipFile, member: str, path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with archive.open(member) as source, path.open("xb") as file:
        while piece := source.read(PIECE):
            size += len(piece)
            if size > LARGEST_TABLE:
                raise ForwardRefused("P201")
            digest.update(piece)
            file.write(piece)
    return size, digest.hexdigest()


def _opened(sealed: Path, path: Path, reading: _Reading) -> Path:
    if reading.keys is None:
        raise ForwardRefused("P141", count=0)
    with path.open("xb") as target:
        is_open = sealed_files.open_sealed(sealed, target, key_file=reading.keys / keys.SEALING)
    if not is_open and shutil.disk_usage(path.parent).free < sealed.stat().st_size:
        raise disk_full(path)
    sealed.unlink()
    if not is_open:
        raise ForwardRefused("P142", member=sealed.name)
    return path
