"""Which columns the sheets of the workbook have: the keys of a card, in the order in which a person
fills them in. Options of kinds and rule families are columns by themselves, with the texts that
the handbook has for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from converter.forms import loading, package_profile
from converter.kinds import KINDS
from converter.kinds.options import HasOptions
from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.rules import FAMILIES
from converter.statistics import card_checks
from converter.statistics import cards as statistics

FILE, COMMENTS, OTHER, CODE_LIST = "@file", "@comments", "@other", "@list"
KEY, VALUE, OWNER = "@key", "@value", "@owner"
FORM, TABLES, FIELDS, LISTS, RULES = "form", "tables", "fields", "lists", "rules"
GUIDE, STATISTICS, ANNUAL, RESOURCES = "guide", "statistics", "annual", "resources"
RATES, MEASURES, COLLECTION = "rates", "measures", "collection"
SHEETS = (
    FORM, TABLES, FIELDS, LISTS, RULES, GUIDE, STATISTICS, RATES, COLLECTION, ANNUAL, MEASURES,
    RESOURCES,
)  # fmt: skip
# What `[statistics.collection]` lists, and how the sheet about the whole form would hold it.
COLLECTION_LISTS: Mapping[str, str] = {
    "by": "field_keys", "fields": "field_paths", "jump_fields": "jumps", "rate": "rate",
}  # fmt: skip
# Sheets whose rows are what a card lists: the sheet of the cards, and the key of the list.
PARTS: Mapping[str, tuple[str, str]] = {
    RATES: (STATISTICS, "rates"),
    MEASURES: (ANNUAL, "measures"),
}
# The lists of tables whose cards are rows: sheet → where they stand in their file.
ARRAYS: Mapping[str, tuple[str, ...]] = {
    FIELDS: ("field",),
    RULES: ("rule",),
    GUIDE: ("template", "guide"),
    STATISTICS: ("statistics", "table"),
    ANNUAL: ("statistics", "annual", "table"),
    RESOURCES: ("package", "resource"),
}
LONGEST_HEADING = 10  # characters of an option's own text; longer ones have a short heading
LONGEST_HELP = 255  # characters of an input prompt; a limit of Excel


@dataclass(frozen=True, slots=True)
class EditorColumn:
    """`key`: the path of a card's key, with dots, or one of those above. `owners`: the kinds or
    families that have this option; () = every card may have it. `needed` ones must have it."""

    key: str
    holds: str
    heading: str
    help: str
    width: float = 14
    owners: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.key.split("."))


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row of the sheet about the form as a whole."""

    key: str
    holds: str
    heading: str
    help: str
    default: str = ""


def _texts(key: str, **params: str) -> tuple[str, str]:
    """Heading and help of an entry of the catalogue."""
    heading, _, help = message(key, **params).partition("：")
    return heading, help


def _column(sheet: str, key: str, holds: str = "text", width: float = 14) -> EditorColumn:
    name = key.lstrip("@").replace(".", "_")
    return EditorColumn(key, holds, *_texts(f"editor_{sheet}_{name}"), width)


def _shared(key: str, holds: str, width: float) -> EditorColumn:
    return EditorColumn(key, holds, *_texts(f"editor_{key.lstrip('@')}"), width)


def _comments_and_other() -> list[EditorColumn]:
    return [_shared(COMMENTS, "texts", 34), _shared(OTHER, "toml", 20)]


@cache
def columns(sheet: str) -> tuple[EditorColumn, ...]:
    """The columns of a sheet but for the one that checks; of lists without their own ones."""
    return tuple(_COLUMNS[sheet]())


@cache
def shown_columns(sheet: str) -> tuple[EditorColumn, ...]:
    """Those that the sheet shows: what a card lists stands on a sheet of its own."""
    return tuple(column for column in columns(sheet) if column.holds != "parts")


def _tables() -> Iterable[EditorColumn]:
    yield _column(TABLES, FILE, width=12)
    yield _column(TABLES, "sheet.title", width=24)
    yield _column(TABLES, "sheet.shape", "shape", 12)
    yield _column(TABLES, "sheet.rows", width=12)
    yield _column(TABLES, "sheet.counter", width=10)
    for role in ("item", "answer", "number", "check", "note", "explanation", "jump"):
        yield _column(TABLES, f"headings.{role}", width=12)
    yield _column(TABLES, "sheet.aliases", "texts", 22)
    for key in ("remarks", "further_remarks", "remark_endings", "other_people"):
        yield _column(TABLES, f"sheet.{key}", "texts", 18)
    yield from _comments_and_other()


def _fields() -> Iterable[EditorColumn]:
    yield _column(FIELDS, FILE, "sheet_key", 10)
    yield _column(FIELDS, "key", width=20)
    yield _column(FIELDS, "title", width=24)
    yield _column(FIELDS, "kind", "kind", 14)
    yield _column(FIELDS, "section", width=14)
    yield _column(FIELDS, "required", "flag", 8)
    yield _column(FIELDS, "note", width=36)
    yield from _options(KINDS, {name: message(f"report_kind_{name}") for name in KINDS})
    yield _column(FIELDS, "derive.by", "derivation", 18)
    yield _column(FIELDS, "derive.source", "field_key", 16)
    yield _column(FIELDS, "derive.steps", "steps", 12)
    yield _column(FIELDS, "identity", "identity", 14)
    yield _column(FIELDS, "width", "whole_number", 8)
    for key in ("aliases", "near", "doubtful"):
        yield _column(FIELDS, key, "texts", 20)
    yield _column(FIELDS, "levels", "levels", 16)
    yield _column(FIELDS, "source", width=20)
    yield _column(FIELDS, "contact", "flag", 10)
    yield _column(FIELDS, "former", "flag", 10)
    yield from _comments_and_other()


def _rules() -> Iterable[EditorColumn]:
    yield _column(RULES, "code", width=9)
    yield _column(RULES, "family", "family", 22)
    yield _column(RULES, "level", "level", 9)
    yield _column(RULES, "at", "one_or_more_paths", 26)
    yield from _options(FAMILIES, {name: message(f"editor_family_{name}") for name in FAMILIES})
    yield _column(RULES, "explainable", "flag", 12)
    for key in ("title", "brief", "sentence", "fix"):
        yield _column(RULES, key, width=26)
    yield _column(RULES, "beta", "flag", 10)
    yield _column(RULES, "source", width=20)
    yield _column(RULES, "certainty", "certainty", 12)
    yield from _comments_and_other()


def _options(
    declared: Mapping[str, HasOptions], labels: Mapping[str, str]
) -> Iterable[EditorColumn]:
    """The options that any of these has, each once."""
    owners: dict[str, list[str]] = {}
    for name, one in declared.items():
        for option in one.options():
            owners.setdefault(option, []).append(name)
    for name, those in owners.items():
        options = [declared[owner].options()[name] for owner in those]
        texts = [message(f"option_{owner}_{name}") for owner in those]
        own = f"editor_option_{name}"
        heading = "／".join(dict.fromkeys(texts))
        if len(heading) > LONGEST_HEADING and catalogue.has(own):
            heading = message(own)
        meant = [f"{labels[o]}：{text}。" for o, text in zip(those, texts, strict=True)]
        needed = [o for o, option in zip(those, options, strict=True) if option.required]
        # A whole number is a number, too.
        holds = next((o.holds for o in options if o.holds == "number"), options[0].holds)
        may = message(f"editor_holds_{holds}")
        if holds != "condition":
            yield _option(name, holds, heading, [*meant, may], those, needed)
            continue
        yield _option(
            f"{name}.field", "field_path", heading + message("editor_condition_field"),
            [*meant, may], those, needed,
        )  # fmt: skip
        for part in ("equals", "group"):
            yield _option(
                f"{name}.{part}", "text", heading + message(f"editor_condition_{part}"),
                [*meant, message(f"editor_condition_{part}_help")], those, (),
            )  # fmt: skip


def _option(
    key: str,
    holds: str,
    heading: str,
    help: Sequence[str],
    owners: Sequence[str],
    needed: Sequence[str],
) -> EditorColumn:
    width = 30 if holds == "expression" else 18
    return EditorColumn(key, holds, heading, "".join(help), width, tuple(owners), tuple(needed))


def _lists() -> Iterable[EditorColumn]:
    yield _column(LISTS, CODE_LIST, width=20)
    yield _column(LISTS, "code", width=12)
    yield _column(LISTS, "label", width=34)
    yield _column(LISTS, "aliases", width=40)
    yield _column(LISTS, "parent", width=10)
    yield _column(LISTS, "group", width=12)


def list_column(name: str) -> EditorColumn:
    """A column that some list has beside those of all lists."""
    return EditorColumn(name, "text", *_texts("editor_lists_extra", name=name), 12)


def _guide() -> Iterable[EditorColumn]:
    yield _column(GUIDE, "heading", width=26)
    yield _column(GUIDE, "lines", "texts", 90)
    yield from _comments_and_other()


_STATISTICS_HOLDS = {
    "kind": "table_kind", "header": "texts", "fields": "field_paths", "rates": "parts",
    "born": "field_path", "by": "field_path", "of": "field_path",
    "from": "whole_number", "to": "whole_number", "step": "whole_number",
}  # fmt: skip


def _statistics() -> Iterable[EditorColumn]:
    tables = statistics.TABLE_KEYS
    keys = dict.fromkeys(key for keys in tables.values() for key in keys)
    for key in keys:
        column = _column(STATISTICS, key, _STATISTICS_HOLDS.get(key, "text"), 18)
        owners = tuple(name for name, own in tables.items() if key in own)
        needed = () if key in ("kind", "key") else owners
        is_option = len(owners) < len(tables)
        yield EditorColumn(
            key, column.holds, column.heading, column.help, 18,
            owners if is_option else (), needed if is_option else (),
        )  # fmt: skip
    yield from _comments_and_other()


def _annual() -> Iterable[EditorColumn]:
    yield _column(ANNUAL, "title", width=34)
    yield _column(ANNUAL, "by", "field_path", 24)
    yield _column(ANNUAL, "measures", "parts")
    yield from _comments_and_other()


def _rates() -> Iterable[EditorColumn]:
    yield _column(RATES, OWNER, "statistics_title", 34)
    yield _column(RATES, "label", width=34)
    yield _column(RATES, "part", "field_path", 30)
    yield _column(RATES, "whole", "field_path", 30)
    yield _shared(OTHER, "toml", 20)


def _collection() -> Iterable[EditorColumn]:
    yield _column(COLLECTION, "use", "collection_use", 22)
    yield _column(COLLECTION, "field", "field_path", 34)
    for key, holds, width, owner in (
        ("at_least", "number", 14, "jump_fields"),
        ("label", "text", 24, "rate"),
        ("whole", "field_path", 34, "rate"),
    ):
        column = _column(COLLECTION, key, holds, width)
        needed = (owner,) if owner == "rate" else ()
        yield replace(column, owners=(owner,), needed=needed)
    yield _shared(OTHER, "toml", 20)


def _measures() -> Iterable[EditorColumn]:
    yield _column(MEASURES, OWNER, "annual_title", 34)
    yield _column(MEASURES, "label", width=34)
    yield _column(MEASURES, "sum", "field_path", 30)
    yield _column(MEASURES, "where.fields", "field_paths", 30)
    yield _column(MEASURES, "where.filled", "flag", 10)
    yield _column(MEASURES, "where.is", "codes", 16)
    yield _column(MEASURES, "where.years", "whole_number", 10)
    yield _column(MEASURES, "where.below", "whole_number", 10)
    yield _column(MEASURES, "compared", "flag", 12)
    yield _shared(OTHER, "toml", 20)


def _resources() -> Iterable[EditorColumn]:
    yield _column(RESOURCES, "name", width=16)
    yield _column(RESOURCES, "path", width=20)
    yield _column(RESOURCES, "sheet", "sheet_key", 12)
    yield _column(RESOURCES, "columns", "columns", 30)
    yield from _comments_and_other()


def _form() -> Iterable[EditorColumn]:
    yield EditorColumn(VALUE, "toml", message("editor_row_value"), "", 60)
    yield _shared(COMMENTS, "texts", 50)
    yield EditorColumn(KEY, "text", message("editor_row_key"), "", 30)


_COLUMNS = {
    FORM: _form, TABLES: _tables, FIELDS: _fields, LISTS: _lists, RULES: _rules, GUIDE: _guide,
    STATISTICS: _statistics, RATES: _rates, COLLECTION: _collection, ANNUAL: _annual,
    MEASURES: _measures, RESOURCES: _resources,
}  # fmt: skip


@cache
def form_rows() -> tuple[FormRow, ...]:
    """The rows of the sheet about the form as a whole."""
    holds = {
        **{f"form.{key}": "text" for key in ("id", "version", "title", "period", "news")},
        **{f"limits.{key}": "whole_number" for key in loading.LIMITS},
        "contacts.heading": "text",
        "contacts.lines": "texts",
        "levels": "levels",
        **{f"package.{key}": "text" for key in (*package_profile.MEMBERS, "encoding")},
        "statistics.total": "text",
        "statistics.unknown": "text",
        **{
            f"statistics.collection.{key}": _COLLECTION_HOLDS.get(key, "text")
            for key in card_checks.COLLECTION_KEYS
        },
        "statistics.annual.title": "text",
        "statistics.annual.headings": "texts",
        "statistics.annual.compared": "text",
        "statistics.annual.signatures": "texts",
    }
    rows = [
        FormRow(key, kind, *_texts(f"editor_{key.replace('.', '_')}"))
        for key, kind in holds.items()
    ]
    texts = [
        FormRow(f"template.{key}", "text", message("editor_template_row", text=text), "", text)
        for key, text in catalogue.workbook_texts().items()
    ]
    return (*rows, *texts)


_COLLECTION_HOLDS = {
    **COLLECTION_LISTS, "jump": "whole_number", "jump_at_least": "whole_number",
    "progress_header": "texts", "change_header": "texts",
}  # fmt: skip
