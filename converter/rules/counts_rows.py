"""A count on the record sheet that must be the number of a table's rows.

Options: `of`, the table counted; `where`, a condition on a choice of its rows (see
`conditions`). Rows whose choice is unknown may or may not count, so the typed number is
compared with the range that is still possible: of 118 women and 2 rows with an unreadable ID,
118, 119 and 120 are all fine. A submission without that table is not judged.
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
    tables = [table.key for table in form.tables]
    if of not in tables:
        raise option_error("of", "form_no_sheet", of, tables)
    for path in rule.at:
        known_path(path, form, "at", "count")
        if not path.startswith(f"{form.record.key}."):
            raise option_error("at", "form_other_sheet", path, path=path, sheet=form.record.title)
    if "where" in rule.options:
        counted = conditions.condition(rule, form, "where")
        if not counted.path.startswith(f"{of}."):
            params = {"path": counted.path, "sheet": form.sheet(of).title}
            raise option_error("where", "form_other_sheet", counted.path, **params)


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    least, most = _possible(rule, tables)
    for path in rule.at:
        column = tables.column(path)
        typed = numbers(column)
        wrong = (typed < least) | (typed > most)
        present = tables.present.get(rule.options["of"])
        if present is not None:
            wrong &= present.loc[tables.record.index].to_numpy(dtype=bool)
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
    submissions = tables.sheets[rule.options["of"]].submission.to_numpy()
    every = np.ones(len(submissions), dtype=bool)
    if "where" not in rule.options:
        total = _count(submissions, every, tables.record.index)
        return total, total
    wanted = conditions.condition(rule, tables.form, "where")
    unknown = ~tables.column(wanted.path).sound
    known = _count(submissions, conditions.holds(wanted, tables), tables.record.index)
    return known, known + _count(submissions, unknown, tables.record.index)


def _count(submissions: np.ndarray, mask: np.ndarray, units: pd.Index) -> np.ndarray:
    found, counts = np.unique(submissions[mask], return_counts=True)
    at = units.get_indexer(pd.Index(found))
    total = np.zeros(len(units), dtype="int64")
    total[at[at >= 0]] = counts[at >= 0]
    return total


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    typed, of = refs.at(path), rule.options["of"]
    filled = refs.filled_rows(of)
    if "where" in rule.options:
        wanted = conditions.condition(rule, refs.form, "where")
        rows = refs.rows(wanted.path).norm
        every = [entry.code for entry in conditions.code_list(wanted.path, refs.form).entries]

        def rows_of(codes: Iterable[str]) -> list[str]:
            return [f"SUMPRODUCT(--({rows}={quote(code)}))" for code in codes]

        least = "+".join(rows_of(wanted.codes))
        # Whatever is neither wanted nor another entry of the list is unknown.
        others = rows_of(code for code in every if code not in wanted.codes)
        wrong = f"OR({typed.norm}<{least},{typed.norm}>{'-'.join([filled, *others])})"
    else:
        wrong = f"{typed.norm}<>{filled}"
    return f"IF({refs.beyond(of)},FALSE,IF({typed.usable},{wrong},FALSE))"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    counted = form.sheet(rule.options["of"])
    if "where" not in rule.options:
        return {"sheet": counted.title, "rows": message("rows_all", counter=counted.counter)}
    wanted = conditions.condition(rule, form, "where")
    named = conditions.words(wanted, form)
    rows = message(
        "rows_where",
        field=named["when_field"],
        value=named["when_value"],
        counter=counted.counter,
    )
    return {"sheet": counted.title, "rows": rows}
