"""The layout of the report package, as `[package]` in form.toml prescribes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from converter.forms import toml_access
from converter.model.errors import FormError
from converter.model.forms import PackageProfile, Resource, Sheet


def read(top: Mapping[str, Any], where: Path, sheets: Sequence[Sheet]) -> PackageProfile:
    """The `[package]` of a form's card: one resource a sheet. Raises FormError."""
    data = toml_access.table(top, "package", where)
    resources = []
    for card in toml_access.cards(data, "resource", where):
        name = toml_access.text(card, "name", where, "package.resource")
        context = f"package.resource.{name}"
        key = toml_access.text(card, "sheet", where, context)
        sheet = next((sheet for sheet in sheets if sheet.key == key), None)
        if sheet is None:
            keys = " or ".join(sheet.key for sheet in sheets)
            raise FormError(where, f"{context}.sheet", f"must be {keys}")
        columns = card.get("columns", [field.key for field in sheet])
        if not isinstance(columns, list):
            raise FormError(where, f"{context}.columns", "must be a list")
        pairs = tuple((c, c) if isinstance(c, str) else tuple(c) for c in columns)
        known = {field.key for field in sheet}
        for pair in pairs:
            if len(pair) != 2 or pair[1] not in known:
                raise FormError(
                    where, f"{context}.columns", f"{pair[-1]!r} is no field of {sheet.key}"
                )
        toml_access.unique(((p[0], context) for p in pairs), where, "column")
        path = toml_access.text(card, "path", where, context)
        if not path.isascii() or "/" in path or "\\" in path:
            raise FormError(where, f"{context}.path", "must be a plain ASCII file name")
        resources.append(Resource(name, path, sheet.key, pairs))
    toml_access.unique(((r.sheet, r.name) for r in resources), where, "sheet")
    toml_access.unique(((r.name, r.name) for r in resources), where, "name")
    toml_access.unique(((r.path, r.name) for r in resources), where, "path")
    for sheet in sheets:
        if sheet.key not in {resource.sheet for resource in resources}:
            raise FormError(where, "package.resource", f"the sheet {sheet.key} has none")
    encoding = toml_access.text(data, "encoding", where, "package")
    try:
        "".encode(encoding)
    except LookupError as error:
        raise FormError(where, "package.encoding", f"no encoding {encoding!r}") from error
    return PackageProfile(
        descriptor=toml_access.text(data, "descriptor", where, "package"),
        identity=toml_access.text(data, "identity", where, "package"),
        signature=toml_access.text(data, "signature", where, "package"),
        encoding=encoding,
        resources=tuple(resources),
    )
