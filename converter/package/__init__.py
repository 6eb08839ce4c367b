"""Records ⇄ report package: a zip that is a Data Package (v2). docs/package-format.md has the
layout; names, columns and encoding are the form's `[package]` profile.

`build` makes the members from judged records, `write` puts them into a zip that was read back
before it got its name, `read` takes a package apart again and never raises on bad data.
"""

from converter.package.reading import read
from converter.package.writing import PackageError, build, write

__all__ = ["PackageError", "build", "read", "write"]
