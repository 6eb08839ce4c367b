"""A count on the unit sheet that must be the number of member rows.

Options: `of`, the sheet counted ('member'); `where`, a condition on a choice of its rows (see
`conditions`). Rows whose choice is unknown may or may not count, so the typed number is
compared with the range that is still possible: of 118 women and 2 rows with an unreadable ID,
118, 119 and 120 are all fine. A submission without a member sheet is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from converter.formulas.expressions import quote
from converter.messages.catalogue import message
from converter.model.errors import option_error
from converter.model.forms import Form, Rule
from converter.rules import conditions
from converter.rules.base import FormColumns, Refs, Violation, known_path, labels, numbers

NAME = "counts_rows"
OPTIONS: tuple[str, ...] = ("of", "where")


def accept(rule: Rule, form: Form) -> None:
    of = rule.options.get("of")
    if of != form.member.key:
        raise option_error("of", "form_no_sheet", of, [form.member.key])
    for path in rule.at:
        known_path(path, form, "at", "count")
        if not path.startswith(f"{form.unit.key}."):
            raise option_error("at", "form_other_sheet", path, path=path, sheet=form.unit.title)
    if "where" in rule.options:
        counted = conditions.condition(rule, form, "where")
        if not counted.path.startswith(f"{of}."):
            params = {"path": counted.path, "sheet": form.member.title}
            raise option_error("where", "form_other_sheet", counted.path, **params)


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    least, most = _possible(rule, tables)
    for path in rule.at:
        column = tables.column(path)
        typed = numbers(column)
        wrong = (typed < least) | (typed > most)
        if tables.has_members is not None:
            wrong &= tables.has_members.loc[tables.unit.index].to_numpy(dtype=bool)
        said = words(rule, path, tables.form)
        for at, record in labels(column, wrong):
            low, high = int(least[at]), int(most[at])
            figures: dict[str, str | int] = {
                "value": int(typed[at]),
                "least": low,
                "most": high,
                "counted": str(low) if low == high else f"{low}–{high}",
            }
            yield Violation(path, record, {**said, **figures})


def _possible(rule: Rule, tables: FormColumns) -> tuple[np.ndarray, np.ndarray]:
    """The fewest and the most rows that may count, one a unit record."""
    submissions = tables.member.submission.to_numpy()
    every = np.ones(len(submissions), dtype=bool)
    if "where" not in rule.options:
        total = _count(submissions, every, tables.unit.index)
        return total, total
    wanted = conditions.condition(rule, tables.form, "where")
    unknown = ~tables.column(wanted.path).sound
    known = _count(submissions, conditions.holds(wanted, tables), tables.unit.index)
    return known, known + _count(submissions, unknown, tables.unit.index)


def _count(submissions: np.ndarray, mask: np.ndarray, units: pd.Index) -> np.ndarray:
    found, counts = np.unique(submissions[mask], return_counts=True)
    at = units.get_indexer(pd.Index(found))
    total = np.zeros(len(units), dtype="int64")
    total[at[at >= 0]] = counts[at >= 0]
    return total


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    typed = refs.at(path)
    if "where" in rule.options:
        wanted = conditions.condition(rule, refs.form, "where")
        rows = refs.rows(wanted.path).norm
        every = [entry.code for entry in conditions.code_list(wanted.path, refs.form).entries]

        def rows_of(codes: Iterable[str]) -> list[str]:
            return [f"SUMPRODUCT(--({rows}={quote(code)}))" for code in codes]

        least = "+".join(rows_of(wanted.codes))
        # Whatever is neither wanted nor another entry of the list is unknown.
        others = rows_of(code for code in every if code not in wanted.codes)
        wrong = f"OR({typed.norm}<{least},{typed.norm}>{'-'.join([refs.filled_rows, *others])})"
    else:
        wrong = f"{typed.norm}<>{refs.filled_rows}"
    return f"IF({refs.beyond},FALSE,IF({typed.usable},{wrong},FALSE))"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    if "where" not in rule.options:
        return {"sheet": form.member.title, "rows": message("rows_all")}
    wanted = conditions.condition(rule, form, "where")
    named = conditions.words(wanted, form)
    rows = message("rows_where", field=named["when_field"], value=named["when_value"])
    return {"sheet": form.member.title, "rows": rows}
