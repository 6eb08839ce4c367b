"""Records ⇄ report package: a zip that is a Data Package (v2). docs/package-format.md has the
layout; names, columns and encoding are the form's `[package]` profile.

`build` makes the members from validated records, `write` puts them into a zip that was read back
before it got its name, `read` takes a package apart again and never raises on bad data;
`examine` does so for its receiver: with the union's keys, signature and seals included.
"""

from converter.package.reading import (
    SEALED_CODE,
    Examined,
    TableOpener,
    examine,
    read,
    same_contents,
)
from converter.package.writing import build, write

__all__ = [
    "SEALED_CODE",
    "Examined",
    "TableOpener",
    "build",
    "examine",
    "read",
    "same_contents",
    "write",
]  # fmt: skip
