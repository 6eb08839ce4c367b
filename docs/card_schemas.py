"""JSON Schemas of a form's cards: editors complete and underline with them.

They follow from what the loader accepts: its lists of keys, the declared options of every kind and
rule family, the message catalogue. What only the whole form can tell (whether a field exists, a
list, a title twice) is left to the loader. `docs/build.py` writes them, a test keeps them fresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from converter.files.toml_access import LEVELS
from converter.form_editor.columns import FIELDS, RULES, columns
from converter.forms import cards, loading, package_profile, roster
from converter.kinds import KINDS
from converter.kinds.options import HasOptions
from converter.messages import catalogue
from converter.messages.catalogue import family_title, message
from converter.model.forms import Certainty, SheetShape
from converter.rules import FAMILIES
from converter.rules.base import PATH_PATTERN
from converter.rules.derivations import DERIVATIONS
from converter.statistics import annual_cards, card_checks
from converter.statistics import cards as statistics

Schema = dict[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"  # what editors of TOML know

TEXT: Schema = {"type": "string", "minLength": 1}
OPTIONAL_TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
FLAG: Schema = {"type": "boolean"}
LEVEL: Schema = {"enum": list(LEVELS)}
PATH: Schema = {"type": "string", "pattern": PATH_PATTERN}
KEY: Schema = {"type": "string", "pattern": f"^{cards.KEY_PATTERN}$"}


def schemas() -> dict[str, Schema]:
    """A schema for each kind of card, by the name of its file."""
    return {
        "form.schema.json": _file("form.toml", _form()),
        "sheet.schema.json": _file("unit.toml, member.toml, …", _sheet()),
        "roster.schema.json": _file("roster.toml", _roster()),
        "rules.schema.json": _file("rules.toml", _table({"rule": _list(_rule())}, ())),
    }


def _file(title: str, schema: Schema) -> Schema:
    return {"$schema": DIALECT, "title": title, **schema}


def _table(properties: Mapping[str, Schema], required: Iterable[str]) -> Schema:
    """A table that holds these keys and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _number(least: int) -> Schema:
    return {"type": "integer", "minimum": least}


def _levels() -> Schema:
    return {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z][0-9]{3}$"},
        "additionalProperties": LEVEL,
    }


# --- form.toml -----------------------------------------------------------------------------


def _form() -> Schema:
    section = _table({"heading": TEXT, "lines": {"type": "array", "items": OPTIONAL_TEXT}}, ())
    texts: dict[str, Schema] = dict.fromkeys(catalogue.workbook_texts(), OPTIONAL_TEXT)
    head = {"id": TEXT, "version": TEXT, "title": TEXT}
    head |= {"period": OPTIONAL_TEXT, "news": OPTIONAL_TEXT}
    return _table(
        {
            "form": _table({**head, "sheets": _list(KEY)}, ("id", "version", "title", "sheets")),
            "levels": _levels(),
            "limits": _table(dict.fromkeys(loading.LIMITS, _number(1)), loading.LIMITS_NEEDED),
            "template": _table({**texts, "guide": _list(section)}, ()),
            "contacts": section,
            "package": _package(),
            "statistics": _statistics(),
        },
        ("form", "limits", "package"),
    )


def _annual() -> Schema:
    condition = _table(
        {
            "field": PATH, "fields": _list(PATH), "is": TEXTS, "filled": {"const": True},
            "years": _number(1), "below": _number(1),
        },
        (),
    )  # fmt: skip
    measure = _table(
        {"label": TEXT, "sum": PATH, "where": _list(condition), "compared": {"type": "boolean"}},
        (),
    )
    table = _table({"title": TEXT, "by": PATH, "measures": _list(measure)}, ("title", "measures"))
    return _table(
        {
            "title": TEXT, "signatures": TEXTS, "headings": TEXTS, "compared": TEXT,
            "table": _list(table),
        },
        annual_cards.KEYS,
    )  # fmt: skip


def _package() -> Schema:
    column = {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}]}
    resource = _table(
        {"name": TEXT, "path": TEXT, "sheet": KEY, "columns": _list(column)},
        ("name", "path", "sheet"),
    )
    members = dict.fromkeys(package_profile.MEMBERS, TEXT)
    return _table(
        {**members, "encoding": TEXT, "resource": _list(resource)},
        (*members, "encoding", "resource"),
    )


def _statistics() -> Schema:
    """Which keys a table has depends on its kind; what they hold is the same in all."""
    rate = _table({"label": TEXT, "part": PATH, "whole": PATH}, ("label", "part", "whole"))
    above_zero = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10**15}
    watched = _table({"field": PATH, "at_least": above_zero}, ("field",))
    known: dict[str, Schema] = {
        "header": TEXTS, "fields": _list(PATH), "rates": _list(rate), "rate": rate,
        "born": PATH, "by": PATH, "of": PATH, "jump_fields": _list({"anyOf": [PATH, watched]}),
        "progress_header": TEXTS, "change_header": TEXTS,
        **dict.fromkeys(("from", "to", "step", "jump", "jump_at_least"), _number(1)),
    }  # fmt: skip
    tables = []
    for kind, keys in statistics.TABLE_KEYS.items():
        own = {key: known.get(key, TEXT) for key in keys} | {"kind": {"const": kind}}
        tables.append(_table(own, [key for key in keys if key != "key"]))
    collection = {key: known.get(key, TEXT) for key in card_checks.COLLECTION_KEYS}
    optional = ("jump", "jump_at_least", "jump_fields")
    by_bands = {"properties": {"kind": {"enum": ["ages", "years"]}}}  # with a row of unknown ones
    whole = _table(
        {
            "total": TEXT,
            "unknown": TEXT,
            "table": _list({"oneOf": tables}),
            "collection": _table(
                collection | {"by": _list(KEY)}, [key for key in collection if key not in optional]
            ),
            "annual": _annual(),
        },
        (),
    )
    case = {"required": ["table"], "properties": {"table": {"contains": by_bands}}}
    return {**whole, "if": case, "then": {"required": ["total", "unknown"]}}


# --- cards of sheets -------------------------------------------------------------------------


def _sheet() -> Schema:
    by_shape = {shape: _sheet_of(shape, cards.HEADINGS[shape]) for shape in SheetShape}
    heads = [head["properties"]["sheet"]["properties"] for head in by_shape.values()]
    headings = dict.fromkeys((role for roles in cards.HEADINGS.values() for role in roles), TEXT)
    cases = [
        {
            "if": {"properties": {"sheet": {"properties": {"shape": {"const": str(shape)}}}}},
            "then": {"properties": own["properties"], "required": own["required"]},
        }
        for shape, own in by_shape.items()
    ]
    head = _table({**heads[0], **heads[1], "shape": {"enum": [str(s) for s in SheetShape]}}, ())
    whole = {
        "sheet": head,
        "headings": _table(headings, ()),
        "field": _list(_field(cards.IDENTITY, {})),
    }
    return {**_table(whole, whole), "allOf": cases}


def _sheet_of(shape: SheetShape, roles: Iterable[str]) -> Schema:
    """What belongs to one shape; `roles`: headings besides those of fields."""
    is_table = shape is SheetShape.TABLE
    rows = {"rows": TEXT, "counter": TEXT} if is_table else {}
    people = ("further_remarks", "remark_endings", "other_people") if is_table else ()
    head = {
        "shape": {"const": str(shape)},
        "title": TEXT | {"maxLength": cards.LONGEST_SHEET_NAME},
        "aliases": TEXTS,
        "remarks": TEXTS,
        **rows,
        **dict.fromkeys(people, TEXTS),
    }
    sheet = _table(head, ("shape", "title", *rows))
    headings = _table(dict.fromkeys(roles, TEXT), roles)
    return _table({"sheet": sheet, "headings": headings}, ("sheet", "headings"))


def _roster() -> Schema:
    sheet = _sheet_of(SheetShape.TABLE, ())["properties"]["sheet"]
    field = _field(roster.KNOWN, dict.fromkeys((roster.CONTACT, roster.FORMER), FLAG))
    headings = _table({"number": TEXT}, ())
    cards_of = {"sheet": sheet, "headings": headings, "field": _list(field)}
    return _table(cards_of, ("sheet", "field"))


def _field(identity: Iterable[str], more: Mapping[str, Schema]) -> Schema:
    common: dict[str, Schema] = {
        "key": KEY,
        "title": TEXT,
        "kind": {"enum": list(KINDS)},
        "section": OPTIONAL_TEXT,
        "required": FLAG,
        "aliases": TEXTS,
        "note": OPTIONAL_TEXT,
        "levels": _levels(),
        "derive": _derivation(),
        "identity": {"enum": list(identity)},
        "width": _number(0),
        "near": TEXTS,
        "doubtful": TEXTS,
        "source": OPTIONAL_TEXT,
        **more,
    }
    assert set(cards.FIELD_KEYS) <= set(common)
    labels = {name: message(f"report_kind_{name}") for name in KINDS}
    described = _described(FIELDS, common)
    return _by_name("kind", KINDS, labels, described, ("key", "title", "kind"))


def _derivation() -> Schema:
    steps = {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}}
    options = {option: steps for faces in DERIVATIONS.values() for option in faces.options}
    return _table({"by": {"enum": list(DERIVATIONS)}, "source": KEY, **options}, ("by", "source"))


def _rule() -> Schema:
    common: dict[str, Schema] = {
        "code": {"type": "string", "pattern": f"^{cards.RULE_CODE_PATTERN}$"},
        "family": {"enum": list(FAMILIES)},
        "level": LEVEL,
        "at": {"anyOf": [PATH, _list(PATH)]},
        "explainable": FLAG,
        "beta": FLAG,
        "certainty": {"enum": list(Certainty)},
        **dict.fromkeys(("title", "brief", "sentence", "fix", "source"), OPTIONAL_TEXT),
    }
    assert set(cards.RULE_KEYS) == set(common)
    labels = {name: family_title(name) for name in FAMILIES}
    described = _described(RULES, common)
    return _by_name("family", FAMILIES, labels, described, ("code", "family", "level", "at"))


def _described(sheet: str, common: Mapping[str, Schema]) -> dict[str, Schema]:
    """Keys with what the form's workbook says of their columns."""
    helps = {column.key: f"{column.heading}：{column.help}" for column in columns(sheet)}
    return {
        key: schema | ({"description": helps[key]} if key in helps else {})
        for key, schema in common.items()
    }


def _by_name(
    key: str,
    declared: Mapping[str, HasOptions],
    labels: Mapping[str, str],
    common: Mapping[str, Schema],
    required: Iterable[str],
) -> Schema:
    """A card whose other keys depend on the kind or family that it names.

    Every key is listed once more at the top: editors complete from there.
    """
    options: dict[str, Schema] = {}
    cases = []
    for name, one in declared.items():
        own = {
            option.name: {
                **option.schema,
                "description": message(f"option_{name}_{option.name}"),
            }
            for option in one.options().values()
        }
        for option, schema in own.items():
            options.setdefault(option, {"description": schema["description"]})
        needed = [option.name for option in one.options().values() if option.required]
        cases.append(
            {
                "if": {"properties": {key: {"const": name}}},
                "then": {
                    "title": labels[name],
                    "properties": own,
                    "required": needed,
                    "propertyNames": {"enum": [*common, *own]},
                },
            }
        )
    return {**_table({**options, **common}, required), "allOf": cases}
