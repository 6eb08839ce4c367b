"""A count that no other count may be smaller than (members ≤ staff).

Options: `limits`, field paths. Reported once at `at`, naming every limit that is exceeded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.excel import either
from converter.model import Form, Rule
from converter.rules.base import Hit, Refs, Tables, known_path, same_sheet, title

NAME = "at_most"
OPTIONS = ("limits",)


def accept(rule: Rule, form: Form) -> None:
    limits = rule.options.get("limits")
    if not isinstance(limits, list) or not limits:
        raise ValueError("limits: must be a list of field paths")
    for path in (*rule.at, *limits):
        known_path(path, form, "at" if path in rule.at else "limits", "count")
    same_sheet(rule, *limits)


def find(rule: Rule, tables: Tables) -> Iterator[Hit]:
    for path in rule.at:
        column = tables.column(path)
        exceeded = {
            limit: (column.value > tables.column(limit).value).fillna(False)
            for limit in rule.options["limits"]
        }
        for record in column.value.index[sum(exceeded.values()) > 0]:
            limits = [limit for limit, over in exceeded.items() if over[record]]
            named = (f"{title(p, tables.form)}({tables.column(p).value[record]})" for p in limits)
            yield Hit(
                path,
                record,
                {"value": int(column.value[record]), "limits": "、".join(named)},
                tuple((limit, record) for limit in limits),
            )


def _over(refs: Refs, path: str, limit: str) -> str:
    a, b = refs.at(path), refs.at(limit)
    return f"IF(AND({a.usable},{b.usable}),{a.norm}>{b.norm},FALSE)"


def excel(rule: Rule, path: str, refs: Refs) -> str:
    return either(_over(refs, path, limit) for limit in rule.options["limits"])


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {"limits": "、".join(title(limit, form) for limit in rule.options["limits"])}
