"""What was different about a form before: `changes.toml`, which `form pack` puts beside the cards.

    [changes]
    digest = "3f…"           # of the cards that it was written for; for others it counts nothing

    [[earlier]]
    version = "2026.1"
    digest = "9c…"
    changes = [
      { kind = "field_new", sheet = "基层单位信息表", title = "食堂座位数" },
    ]

Definitions that are at hand need no such file: the program's own, and those in the user's own
place, are compared as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from converter.files.toml_access import TomlTable, load_toml
from converter.forms import comparing, installed, loading
from converter.forms.form_files import CHANGES
from converter.messages.catalogue import message
from converter.model.errors import FormError
from converter.model.forms import EarlierForm, Form, FormChange

LONGEST = 1_000  # characters of one text of a difference

_compared: dict[tuple[str, str], Sequence[FormChange]] = {}  # by the digests of both


def read(folder: Path, digest: str) -> tuple[EarlierForm, ...]:
    """What a form's folder says of earlier definitions. Raises FormError."""
    of_digest, found = read_file(folder / CHANGES)
    return found if of_digest == digest else ()


def read_file(path: Path) -> tuple[str, tuple[EarlierForm, ...]]:
    """The digest of the cards that a file was written for, and what it says of earlier ones.
    Raises FormError."""
    file = load_toml(path)
    file.only(("changes", "earlier"))
    return file.table("changes").text("digest"), tuple(map(_earlier, file.cards("earlier")))


def _earlier(card: TomlTable) -> EarlierForm:
    card.only(("version", "digest", "changes"))
    changes = card.cards("changes") if card.values.get("changes") else []
    found = tuple(map(_change, changes))
    return EarlierForm(card.text("version"), card.text("digest"), found)


def _change(card: TomlTable) -> FormChange:
    kind = card.text("kind")
    if kind not in comparing.KINDS:
        raise card.error("kind", "form_change_kind", kind, comparing.KINDS)
    card.only(("kind", *comparing.KINDS[kind]))
    params = {key: card.text(key) for key in comparing.KINDS[kind]}
    for key, text in params.items():
        if len(text) > LONGEST or not text.isprintable():
            raise card.error(key, "form_text", text)
    return FormChange(kind, params)


def text(form: Form, known: Sequence[EarlierForm]) -> str:
    """The file that says what a form's earlier definitions had otherwise; '' where none is
    known."""
    lines = ["[changes]", f"digest = {_quoted(form.cards_digest)}"]
    for one in known:
        lines += ["", "[[earlier]]", f"version = {_quoted(one.version)}"]
        lines += [f"digest = {_quoted(one.digest)}", "changes = ["]
        for change in one.changes:
            pairs = {"kind": change.kind, **change.params}.items()
            lines.append(f"  {{ {', '.join(f'{key} = {_quoted(to)}' for key, to in pairs)} }},")
        lines.append("]")
    return "\n".join(lines) + "\n" if known else ""


def _quoted(value: str) -> str:
    """A text as TOML writes it; of printable text JSON's spelling is TOML's."""
    return json.dumps(value, ensure_ascii=False)


def known(form: Form, definitions: Iterable[Form] | None = None) -> Sequence[EarlierForm]:
    """What is known of earlier definitions, the oldest first: of these, by default of all that are
    at hand, and of those that these know of."""
    found: dict[str, EarlierForm] = {}
    steps: list[EarlierForm] = []
    for before in _at_hand(form.id) if definitions is None else definitions:
        if before.cards_digest != form.cards_digest and not before.amendments:
            changes = tuple(comparing.changes(before, form))
            found[before.cards_digest] = EarlierForm(before.version, before.cards_digest, changes)
            steps += [replace(one, changes=one.changes + changes) for one in before.earlier]
    for one in steps:
        found.setdefault(one.digest, one)
    found.pop(form.cards_digest, None)
    return sorted(found.values(), key=lambda one: installed.version_key(one.version))


def _at_hand(form: str) -> Iterator[Form]:
    """The definitions of a form on this computer that can still be read."""
    own = installed.place(form)
    amended = sorted(own.glob("amended-*")) if installed.is_name(form) else []
    forms = sorted(own.glob("form-*")) if installed.is_name(form) else []
    for folder in (loading.templates_dir() / form, *forms, *amended):
        try:
            if folder.is_dir():
                yield loading.load(folder)
        except (FormError, OSError):
            continue


def since(form: Form, version: str, digest: str) -> str:
    """What has changed since the definition of this version and digest, in a sentence; '' where
    that is not known. One without a digest, or with a strange one, is known by its version alone
    if a single definition had it."""
    if installed.version_key(version) > installed.version_key(form.version):
        return ""  # nobody knows the future
    changes = _since(form, version, digest)
    found = comparing.summary(changes) if changes is not None else ""
    news = form.news if version != form.version else ""
    return message("since_period").join(filter(None, (news.rstrip("。"), found)))


def _since(form: Form, version: str, digest: str) -> Iterable[FormChange] | None:
    if digest and digest == form.cards_digest:
        return _between(digest, replace(form, amendments={}), form)
    for one in form.earlier:
        if one.digest == digest:
            return one.changes
    of_version: dict[str, Iterable[FormChange]] = {
        one.digest: one.changes for one in form.earlier if one.version == version
    }
    for before in _at_hand(form.id):
        if digest and digest == before.digest:
            return _between(digest, before, form)
        if before.version == version and not before.amendments:
            of_version.setdefault(before.cards_digest, _between(before.digest, before, form))
    if version != form.version and len(of_version) == 1:
        return next(iter(of_version.values()))
    return None


def _between(digest: str, before: Form, form: Form) -> Sequence[FormChange]:
    """What changed since a definition of this digest. Files that come by the thousand were made
    with a handful of definitions: each is compared once."""
    key = digest, form.digest
    if key not in _compared:
        _compared[key] = tuple(comparing.changes(before, form))
    return _compared[key]


def params_since(form: Form, version: str, digest: str) -> dict[str, Any]:
    """The same as what messages fill in; nothing where it is not known."""
    changes = since(form, version, digest)
    return {"changes": changes, "variant": "changed"} if changes else {}
