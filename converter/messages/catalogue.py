"""Codes and params → Chinese sentences. All prose that is not in the form stands in
the `.zh.toml` files beside this module.

An entry holds `level`, `title`, `brief` (for the 核对 column), `sentence`, `fix` and, where
only the pipeline can tell, `pipeline_only = true`; `explainable = true` where a reason typed in
情况说明 makes a warning of the error; `always_error` where it must stay an error, for no record
holds what was typed. A rule's entry stands under its family's name; the rule's card may replace
any of its texts. `sentence_…` and `fix_…` are texts for one variant of a fault, which the issue's
params name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, cast

from converter.model.forms import Amendment, Certainty, Field, Form, Rule, Sheet
from converter.model.issues import Issue, Level

_FOLDER = Path(__file__).parent
# The head of a line that begins an entry, `[K112]`, or a message, `report_error = "错误"`.
_HEAD = re.compile(r"^\[?([\w-]+)(?:\]| = )", re.MULTILINE)
_CODE = re.compile("[A-Z][0-9]{3}")


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One line of the catalogue of checks."""

    code: str
    level: Level
    title: str
    brief: str
    sentence: str
    fix: str
    pipeline_only: bool = False
    explainable: bool = False
    beta: bool = False  # on trial
    basis: str = ""  # the law, standard or notice that the check rests on, and how surely
    remark: str = ""  # behind the sentence: the check was amended, or is on trial
    always_error: str = ""  # why it cannot be milder: a part of the key of that message


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


@cache
def _places() -> dict[str, str]:
    """Which file holds an entry or a message. Only the heads of lines are looked at: parsing
    every file would take a tenth of the time of `converter explain`."""
    places: dict[str, str] = {}
    for path in sorted(_FOLDER.glob("*.zh.toml")):
        if path.name != "help.zh.toml":
            heads = _HEAD.findall(path.read_text(encoding="utf-8"))
            places.update(dict.fromkeys(heads, path.name))
    return places


@cache
def _parsed(file: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / file).read_text(encoding="utf-8"))


def _entry(name: str) -> Mapping[str, Any]:
    """What the catalogue says of a code or a rule family."""
    return cast("Mapping[str, Any]", _parsed(_places()[name])[name])


def _text(key: str) -> str:
    return str(_parsed(_places()[key])["messages"][key])


def message(key: str, /, **params: Any) -> str:
    """A sentence of the program's own, from the [messages] table."""
    return fill(_text(key), params)


def has(key: str) -> bool:
    """Whether there is such a sentence."""
    return key in _places()


def rows_params(table: Sheet) -> dict[str, str]:
    """What the rows of a table are called, and the word they are counted by."""
    return {"rows": table.rows_name, "counter": table.counter}


def rows_counted(table: Sheet, count: int) -> str:
    """How many rows a table has, in its own words (会员 40 人); '' where a form has none."""
    return message("rows_counted", count=count, **rows_params(table)) if table.fields else ""


def workbook_texts() -> dict[str, str]:
    """What the workbook says unless the form says otherwise, by the key a form uses."""
    keys = [key for key in _places() if key.startswith("workbook_")]
    return {key.removeprefix("workbook_"): _text(key) for key in keys}


def placeholders(text: str) -> set[str]:
    """The names in braces that a text fills in. Raises ValueError where a brace has no other."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def entry(code: str, form: Form, field: Field | None = None) -> CatalogueEntry:
    """What the catalogue says of a code; levels as the form (and the field) wants them.

    Raises KeyError for a code that no catalogue has: a bug.
    """
    rule = form.rule(code)
    data = _entry(rule.family if rule else code)
    level = rule.level if rule else Level(data["level"])
    level = form.levels.get(code, level)
    if field:
        level = field.levels.get(code, level)
    amendment = amendment_of(code, form, field)
    level, remark = _as_amended(level, rule, amendment)

    def prose(key: str) -> str:
        return str((rule and getattr(rule, key)) or data.get(key, ""))

    return CatalogueEntry(
        code=code,
        level=level,
        title=prose("title"),
        brief=prose("brief") or prose("sentence"),
        sentence=prose("sentence"),
        fix="" if amendment and amendment.level is None else prose("fix"),
        pipeline_only=bool(data.get("pipeline_only")),
        explainable=rule.explainable if rule else bool(data.get("explainable")),
        beta=rule is not None and is_beta(rule, form),
        basis=_basis(rule) if rule else _standard(code, field),
        remark=remark,
        always_error=_always_error(code, data),
    )


def _always_error(code: str, data: Mapping[str, Any]) -> str:
    """Errors of files, sheets, packages and identities are no matter of levels."""
    of_file = code[0] in "FSPI" and data["level"] == Level.ERROR
    return "file" if of_file else str(data.get("always_error", ""))


def _basis(rule: Rule) -> str:
    """What a rule rests on, in words; '' where its card says nothing."""
    source = rule.source
    if rule.certainty is None or rule.certainty is Certainty.STATED:
        return source
    certainty = message(f"rule_{rule.certainty}")
    return (
        message("rule_source_certainty", source=source, certainty=certainty)
        if source
        else certainty
    )


def _standard(code: str, field: Field | None) -> str:
    """The standard that the check of a kind rests on: what the field's card names. Codes that
    every kind knows and notes on how a cell was read rest on none."""
    return field.source if field and code[:1] == "K" and code[1:2] not in ("0", "9") else ""


def is_beta(rule: Rule, form: Form) -> bool:
    """Whether a rule is on trial: never an error, and no more than a note once somebody gives a
    reason. An amendment ends the trial."""
    return rule.beta and rule.code not in form.amendments


def is_switched_off(code: str, form: Form) -> bool:
    """Whether an amendment says that a check no longer counts. Its findings are notes."""
    amendment = amendment_of(code, form)
    return amendment is not None and amendment.level is None


def amendment_of(code: str, form: Form, field: Field | None = None) -> Amendment | None:
    """What was amended about a check: of this field before of all fields."""
    if not form.amendments:
        return None
    own = form.amendments.get(f"{code}:{field.path}") if field else None
    return own or form.amendments.get(code)


def _as_amended(level: Level, rule: Rule | None, amendment: Amendment | None) -> tuple[Level, str]:
    """A check's level in this collection, and what is remarked about it where it is another than
    the form has."""
    if amendment is None:
        if rule is None or not rule.beta:
            return level, ""
        return (Level.NOTE if level is Level.NOTE else Level.WARNING), message("rule_beta")
    key = f"rule_amended_{amendment.level or 'off'}"
    remark = message(key, since=amendment.since, reason=amendment.reason)
    return amendment.level or Level.NOTE, remark


def heading(code: str, form: Form) -> str:
    """What a code is about, without a place: the item that a rule speaks of, and its title. Raises
    KeyError for a code that no catalogue has.
    """
    title, rule = entry(code, form).title, form.rule(code)
    if rule is None or len(rule.at) != 1:
        return title
    return message("item_and_title", item=form.field(rule.at[0]).title, title=title)


def code_and_heading(code: str, form: Form) -> str:
    """A code of a register, which an older or newer program may have written."""
    try:
        return f"{code} {heading(code, form)}"
    except KeyError:
        return code


def amended_heading(amendment: Amendment, form: Form) -> str:
    """What an amended check is about."""
    title = heading(amendment.code, form)
    if not amendment.field:
        return title
    item = form.field(amendment.field).title
    return message("item_and_title", item=item, title=title)


def catalogue(form: Form) -> dict[str, CatalogueEntry]:
    """Every check there is, in the order of the stages F S K X C P I."""
    return {code: entry(code, form) for code in codes(form)}


def codes(form: Form) -> list[str]:
    """The codes of all checks, in the order of the stages F S K X C P I."""
    return sorted((*_own_codes(), *(rule.code for rule in form.rules)), key=_stage)


@cache
def _own_codes() -> Sequence[str]:
    return [name for name in _places() if _CODE.fullmatch(name)]


def _stage(code: str) -> tuple[int, str]:
    return ("FSKXCPI".index(code[0]), code)


def sentence(issue: Issue, form: Form) -> str:
    """What is wrong, with the figures of this case."""
    return _prose("sentence", issue, form)


def fix(issue: Issue, form: Form) -> str:
    """What to do about it ('' where nothing is to be done)."""
    return _prose("fix", issue, form)


def _prose(key: str, issue: Issue, form: Form) -> str:
    field = form.field_at(issue.place.sheet, issue.place.field)
    return prose(key, entry(issue.code, form, field), _message_params(issue, form))


def prose(key: str, entry: CatalogueEntry, params: Mapping[str, Any]) -> str:
    """The `sentence` or `fix` of an entry, filled in; `variant` among the params names a more
    exact one, where the entry has it."""
    own = _entry(entry.code) if "variant" in params and entry.code in _places() else {}
    exact = own.get(f"{key}_{params.get('variant')}")
    text = fill(getattr(entry, key) if exact is None else str(exact), params)
    return text + entry.remark if key == "sentence" else text


def field_title(issue: Issue, form: Form) -> str:
    """The heading of the field an issue is about ('' for a sheet or a file)."""
    field = form.field_at(issue.place.sheet, issue.place.field)
    return field.title if field else ""


def _message_params(issue: Issue, form: Form) -> Mapping[str, Any]:
    return _Lenient({**card_params(issue, form), **issue.params})


def card_params(issue: Issue, form: Form) -> dict[str, Any]:
    """What the cards say of the place of an issue: the item's title, what rows are called there
    (those of the first table where it stands in none), and the word they are counted by."""
    named = form.sheet_named(issue.place.sheet)
    table = form.main_table if named is None or named.is_record else named
    title = field_title(issue, form)
    return {"title": title, "row_name": table.rows_name, "counter": table.counter}


def family_title(family: str) -> str:
    """What a rule family is called."""
    return str(_entry(family)["title"])


def fill(text: str, params: Mapping[str, Any]) -> str:
    """Fill a catalogue text in from what is known of the card alone."""
    return text.format_map(_Lenient(params))
