"""The `[package]` profile of form.toml: names, columns and encoding of the report package."""

from __future__ import annotations

from collections.abc import Mapping

from converter.files.toml_access import TomlTable
from converter.model.forms import PackageProfile, Resource, Sheet

MEMBERS = ("descriptor", "identity", "signature")


def package_profile(form: TomlTable, sheets: Mapping[str, Sheet]) -> PackageProfile:
    """Raises FormError."""
    own = form.table("package")
    own.only((*MEMBERS, "encoding", "resource"))
    descriptor, identity, signature = (_file_name(own, key) for key in MEMBERS)
    resources = tuple(_resource(card, sheets) for card in own.cards("resource", "name"))
    own.unique((r.name, f"resource[{number}].name") for number, r in enumerate(resources, 1))
    own.unique((r.sheet, f"resource.{r.name}.sheet") for r in resources)
    for key in sheets:
        if key not in {resource.sheet for resource in resources}:
            raise own.error("resource", "form_no_resource", sheet=key)
    names = [(descriptor, "descriptor"), (identity, "identity"), (signature, "signature")]
    own.unique([*names, *((r.path, f"resource.{r.name}.path") for r in resources)])
    return PackageProfile(descriptor, identity, signature, _encoding(own), resources)


def _resource(card: TomlTable, sheets: Mapping[str, Sheet]) -> Resource:
    named = TomlTable(card.values, card.file, f"package.resource.{card.context}")
    named.only(("name", "path", "sheet", "columns"))
    name, key = named.text("name"), named.text("sheet")
    if key not in sheets:
        raise named.error("sheet", "form_no_sheet", key, sheets)
    return Resource(name, _file_name(named, "path"), key, _columns(named, sheets[key]))


def _columns(card: TomlTable, sheet: Sheet) -> tuple[tuple[str, str], ...]:
    """(column name, field key) of each column; every field in its order unless the card says
    otherwise."""
    fields = [field.key for field in sheet]
    listed = card.values.get("columns", fields)
    if not isinstance(listed, list) or not listed:
        raise card.error("columns", "form_columns", listed)
    pairs = []
    for column in listed:
        pair = [column, column] if isinstance(column, str) else column
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(isinstance(p, str) for p in pair)
        ):
            raise card.error("columns", "form_columns", column)
        if pair[1] not in fields:
            raise card.error("columns", "form_no_field", pair[1], fields)
        pairs.append((pair[0], pair[1]))
    card.unique((name, "columns") for name, _ in pairs)
    return tuple(pairs)


def _file_name(card: TomlTable, key: str) -> str:
    name = card.text(key)
    if not name.isascii() or not name.isprintable() or set(name) & set('/\\:*?"<>|'):
        raise card.error(key, "form_file_name", name)
    return name


def _encoding(own: TomlTable) -> str:
    encoding = own.text("encoding")
    try:
        "".encode(encoding)
    except (LookupError, ValueError) as error:
        choices = ("utf-8", "gb18030", "gbk")
        raise own.error("encoding", "form_no_encoding", encoding, choices) from error
    return encoding
