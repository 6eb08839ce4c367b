"""What was changed about a form's checks while reports are being collected: `amendment.toml`.

It stands beside the cards in a folder of its own (see `installed`): the form as its maintainer
wrote it stays as it is. A rule, or a check of cells, is switched off, or its findings get another
level:

    [amendment]
    form = "jiceng"
    version = "2026.1"

    [[rule]]
    code = "K601"
    field = "unit.honour"    # a check of cells may be amended for one field alone
    level = "off"            # or error, warning, note
    since = "2026-11-20"
    reason = "…"
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from converter.files.toml_access import LEVELS, TomlTable, load_toml
from converter.forms import form_files
from converter.model.forms import Amendment
from converter.model.issues import Level

FILE = form_files.AMENDMENT
OFF = "off"
LONGEST_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class AmendmentFile:
    """Amendments, and the form that they are for."""

    form: str
    version: str
    amendments: tuple[Amendment, ...]

    @property
    def by_target(self) -> Mapping[str, Amendment]:
        return {one.target: one for one in self.amendments}


def read(path: Path) -> AmendmentFile:
    """A file of amendments, whether or not the form has such checks. Raises FormError."""
    file = load_toml(path)
    file.only(("amendment", "rule"))
    head = file.table("amendment")
    head.only(("form", "version"))
    cards = file.cards("rule", "code") if "rule" in file.values else []
    found = tuple(map(_amendment, cards))
    file.unique((one.target, f"rule[{number}].code") for number, one in enumerate(found, 1))
    return AmendmentFile(head.text("form"), head.text("version"), found)


def _amendment(card: TomlTable) -> Amendment:
    card.only(("code", "field", "level", "since", "reason"))
    code, level, since = card.text("code"), card.text("level"), card.text("since")
    field = card.text("field") if "field" in card.values else ""
    if level not in (*LEVELS, OFF):
        raise card.error("level", "form_level", level, (*LEVELS, OFF))
    try:
        date.fromisoformat(since)
    except ValueError as error:
        raise card.error("since", "form_date", since) from error
    reason = card.text("reason")
    if not fits(reason):
        raise card.error("reason", "form_reason", reason, most=LONGEST_REASON)
    return Amendment(code, None if level == OFF else Level(level), since, reason, field)


def fits(reason: str) -> bool:
    """Whether a reason can stand in messages: one line of text."""
    return len(reason) <= LONGEST_REASON and reason.isprintable()


def text(form: str, version: str, amendments: Iterable[Amendment]) -> str:
    """The file of these amendments."""
    lines = ["[amendment]", f"form = {_quoted(form)}", f"version = {_quoted(version)}"]
    for one in amendments:
        lines += [
            "",
            "[[rule]]",
            f"code = {_quoted(one.code)}",
            *([f"field = {_quoted(one.field)}"] if one.field else []),
            f"level = {_quoted(str(one.level or OFF))}",
            f"since = {_quoted(one.since)}",
            f"reason = {_quoted(one.reason)}",
        ]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    """A text as TOML writes it; of printable text JSON's spelling is TOML's."""
    return json.dumps(value, ensure_ascii=False)
