"""The zip of a package, from a stranger: what may be in it, how much of it, in memory only."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from converter.files import zip_directory
from converter.messages import catalogue, errors
from converter.model.forms import Form
from converter.model.issues import Issue, Place

# A package of 100,000 members has 5 members of together 8 MB and comes as 3 MB.
LARGEST_FILE = 64 * 2**20
LARGEST_INFLATED = 256 * 2**20
MOST_MEMBERS = 64
LARGEST_DIRECTORY = 64 * 2**10
SEALED = ".age"
REASONS = "reasons.json"  # travels sealed only; else it is part of the descriptor


class PackageRefused(Exception):
    """Nothing more can be read; the issue has been noted."""


@dataclass(slots=True)
class PackageFindings:
    file: str
    form: Form
    issues: list[Issue] = field(default_factory=list)

    def note(self, code: str, member: str = "", line: int = 0, **params: str | int) -> None:
        place = Place(self.file, member, line, 1 if line else 0)
        level = catalogue.entry(code, self.form).level
        named: dict[str, str | int] = {"member": member} if member else {}
        self.issues.append(Issue(code, level, place, params=named | params))

    def refuse(self, code: str, member: str = "", **params: str | int) -> PackageRefused:
        self.note(code, member, 0, **params)
        return PackageRefused()


def members_of(path: Path, form: Form, findings: PackageFindings) -> dict[str, bytes]:
    """The members that a package of this form may have, by name."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise findings.refuse("P101", reason=catalogue.message("package_no_file"))
        file = path.open("rb")
    except OSError as error:
        raise findings.refuse("P101", reason=errors.reason(error)) from error
    with file:
        archive = _archive(file, findings)
        infos = archive.infolist()
        if len(infos) > MOST_MEMBERS:
            raise findings.refuse("P103", found=len(infos), limit=MOST_MEMBERS)
        names = [info.filename for info in infos]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise findings.refuse("P105", name=listed(twice))
        profile = form.package
        known = {profile.descriptor, profile.identity, profile.signature, REASONS + SEALED}
        for resource in profile.resources:
            known |= {resource.path, resource.path + SEALED}
        found: dict[str, bytes] = {}
        left = LARGEST_INFLATED
        for info in infos:
            if info.filename in known:
                found[info.filename] = _inflate(archive, info, left, findings)
                left -= len(found[info.filename])
    if profile.descriptor not in found:
        raise findings.refuse("P102")
    unexpected = sorted(set(names) - known)
    if unexpected:
        findings.note("P108", names=listed(unexpected))
    return found


def _archive(file: BinaryIO, findings: PackageFindings) -> zipfile.ZipFile:
    size = file.seek(0, 2)
    if size > LARGEST_FILE:
        raise findings.refuse("P104", limit=LARGEST_FILE // 2**20)
    file.seek(0)
    magic = file.read(4)
    if zip_directory.directory_size(file) > LARGEST_DIRECTORY:
        raise findings.refuse("P103", found="…", limit=MOST_MEMBERS)
    try:
        return zip_directory.opened(file, LARGEST_DIRECTORY)
    except zip_directory.DAMAGED as error:
        raise findings.refuse("P106" if magic[:2] == b"PK" else "P102") from error


def _inflate(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, findings: PackageFindings
) -> bytes:
    if info.flag_bits & 0x1:
        raise findings.refuse("P107", info.filename)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise findings.refuse("P106", info.filename)  # what we never write
    try:
        with archive.open(info) as member:
            data = member.read(limit + 1)
    except zip_directory.DAMAGED as error:
        raise findings.refuse("P106", info.filename) from error
    if len(data) > limit:
        raise findings.refuse("P104", info.filename, limit=LARGEST_INFLATED // 2**20)
    return data


def listed(names: list[str]) -> str:
    """Names from outside, short and printable."""
    shown = ["".join(c if c.isprintable() else "?" for c in name[:40]) for name in names[:5]]
    return "、".join(shown) + ("…" if len(names) > 5 else "")
