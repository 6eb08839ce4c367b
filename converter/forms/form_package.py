"""Form packages: a form, or an amendment of one, as a signed zip that unions hand on.

    form-package.json   what it is: kind, form, version, when it was made, by whose keys, and the
                        size and SHA-256 of every other file
    signature           Ed25519 over `signed_bytes` of form-package.json, in base64
    form.toml, …        the cards and codes/*.csv; of an amendment `amendment.toml` alone

`read` believes nothing before the signature is found good, and then takes exactly the files that
the descriptor names. Whether the key is one to trust is the caller's question: anybody can sign.
What is signed begins with a line of its own, so no signature over anything else can be used here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from converter.files import canonical_json, zip_directory
from converter.forms.amendments import FILE as AMENDMENT_FILE
from converter.forms.form_files import DESCRIPTOR
from converter.identity import keys
from converter.model.errors import FormPackageRefused

FORMAT = "gonghui-form-package/"
VERSION = "1"
SIGNATURE = "signature"
FORM, AMENDMENT = "form", "amendment"
LARGEST, LARGEST_MEMBER, MOST = 16 << 20, 8 << 20, 500  # bytes of the zip, of a file; files
LARGEST_DIRECTORY = 256 << 10
_CARD = re.compile(r"[a-z_][a-z0-9_]{0,60}\.toml|codes/[\w-]{1,60}\.csv")
_ID = re.compile(r"[\w-]{1,60}")
_VERSION = re.compile(r"[\w.-]{1,40}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SHA = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FormPackage:
    """A package whose signature is good. `files` by their names in the form's folder."""

    kind: str  # FORM or AMENDMENT
    form: str
    version: str
    created: str  # ISO time
    public: keys.PublicKeys  # of whoever signed it
    files: Mapping[str, bytes]

    @property
    def fingerprint(self) -> str:
        return self.public.fingerprint


def members(package: FormPackage, sign: Callable[[bytes], bytes]) -> list[tuple[str, bytes]]:
    """The members of the zip, signed. Raises FormPackageRefused for what no package can hold."""
    if not _fits(package):
        raise FormPackageRefused("unfit")
    _check_names(package.files)
    described = _described(package)
    descriptor = json.dumps(described, ensure_ascii=False, indent=2).encode() + b"\n"
    signature = keys.signature_text(sign(signed_bytes(described))).encode() + b"\n"
    return [(DESCRIPTOR, descriptor), (SIGNATURE, signature), *package.files.items()]


def signed_bytes(descriptor: Mapping[str, Any]) -> bytes:
    """What the signature covers."""
    return f"gonghui-form-package {VERSION}\n".encode() + canonical_json.canonical(descriptor)


def _described(package: FormPackage) -> dict[str, Any]:
    return {
        "format": FORMAT + VERSION,
        "kind": package.kind,
        "form": {"id": package.form, "version": package.version},
        "created": package.created,
        "signer": {"signing": package.public.signing, "sealing": package.public.sealing},
        "files": [
            {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in package.files.items()
        ],
    }


# --- reading -----------------------------------------------------------------------------------


def read(path: Path) -> FormPackage:
    """A form package with a good signature. Raises FormPackageRefused, OSError."""
    with path.open("rb") as file:
        found = _members(file)
    if DESCRIPTOR not in found:
        raise FormPackageRefused("other")
    descriptor = _json(found.pop(DESCRIPTOR))
    if SIGNATURE not in found:
        raise FormPackageRefused("unsigned")
    signature = keys.signature_bytes(found.pop(SIGNATURE).decode("ascii", "replace").strip())
    package = _package(descriptor, found)
    if not keys.fits(package.public.signing, signature, signed_bytes(descriptor)):
        raise FormPackageRefused("altered")
    if _described(package) != descriptor:  # a file that differs, is missing or is one too many
        raise FormPackageRefused("altered")
    if not _fits(package):
        raise FormPackageRefused("damaged")
    return package


def _members(file: BinaryIO) -> dict[str, bytes]:
    if file.seek(0, 2) > LARGEST:
        raise FormPackageRefused("large")
    try:
        with zip_directory.opened(file, LARGEST_DIRECTORY) as archive:
            infos = archive.infolist()
            if len(infos) > MOST:
                raise FormPackageRefused("large")
            found: dict[str, bytes] = {}
            left = LARGEST
            for info in infos:
                if info.filename in found:
                    raise FormPackageRefused("damaged")
                with archive.open(info) as member:
                    data = member.read(min(LARGEST_MEMBER, left) + 1)
                left -= len(data)
                if len(data) > LARGEST_MEMBER or left < 0:
                    raise FormPackageRefused("large")
                found[info.filename] = data
    except zip_directory.DAMAGED as error:
        raise FormPackageRefused("damaged") from error
    _check_names(name for name in found if name not in (DESCRIPTOR, SIGNATURE))
    return found


def _check_names(names: Any) -> None:
    """Only names that a form's folder has; none leads out of it, no two differ in case alone."""
    seen: set[str] = set()
    for name in names:
        if not _CARD.fullmatch(name) or name.casefold() in seen:
            raise FormPackageRefused("names", name=name[:60])
        seen.add(name.casefold())


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = canonical_json.read(data)
    except ValueError as error:
        raise FormPackageRefused("damaged") from error
    if not isinstance(found, dict) or not str(found.get("format", "")).startswith(FORMAT):
        raise FormPackageRefused("damaged")
    if found["format"] != FORMAT + VERSION:
        raise FormPackageRefused("newer")
    return found


def _package(descriptor: Mapping[str, Any], files: Mapping[str, bytes]) -> FormPackage:
    """What a descriptor says, with the files that came with it, in its order."""
    try:
        form, signer = descriptor["form"], descriptor["signer"]
        order = {entry["path"]: number for number, entry in enumerate(descriptor["files"])}
        texts = [descriptor["kind"], form["id"], form["version"], descriptor["created"]]
        texts += [signer["signing"], signer["sealing"], *order]
    except (KeyError, TypeError) as error:
        raise FormPackageRefused("damaged") from error
    if not all(isinstance(one, str) for one in texts):
        raise FormPackageRefused("damaged")
    kind, identifier, version, created, signing, sealing = texts[:6]
    named = dict(sorted(files.items(), key=lambda one: order.get(one[0], len(order))))
    public = keys.PublicKeys(signing, sealing)
    return FormPackage(kind, identifier, version, created, public, named)


def _fits(package: FormPackage) -> bool:
    """Whether everything has a shape that a package can have."""
    wanted = {FORM: "form.toml", AMENDMENT: AMENDMENT_FILE}.get(package.kind)
    only = package.kind == FORM or len(package.files) == 1
    return (
        wanted in package.files
        and only
        and (package.kind == AMENDMENT or AMENDMENT_FILE not in package.files)
        and bool(_ID.fullmatch(package.form) and _VERSION.fullmatch(package.version))
        and bool(_TIME.fullmatch(package.created))
    )
