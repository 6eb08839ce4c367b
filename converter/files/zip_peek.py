"""What a zip seems to be, by a glance that no file can make expensive: hints, not verdicts."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path

GLANCE = 64_000  # bytes of a part that are looked at to guess what a file is


def is_package(path: Path, descriptor: str = "datapackage.json") -> bool:
    """Whether a file is a Data Package in a zip: what may be written over."""
    try:
        with zipfile.ZipFile(path) as archive:
            return descriptor in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, struct.error, NotImplementedError):
        return False


def glance(path: Path, member: str) -> str | None:
    """The beginning of a zip's member, by a glance that no file can make expensive: '' where it
    has none, None where this is no zip. What it says is a hint, not a verdict."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as part:
            return part.read(GLANCE).decode("utf-8", "replace")
    except KeyError:
        return ""
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, struct.error, RuntimeError):
        return None


def stamped(path: Path, name: str) -> str | None:
    """A custom property of a workbook, at a glance; '' where it has none."""
    text = glance(path, "docProps/custom.xml") or glance(path, "meta.xml")  # .xlsx, .ods
    found = re.search(rf'name="{re.escape(name)}"[^>]*>\s*(?:<[^>]+>)?([^<]*)<', text or "")
    return found[1] if found else text and ""
