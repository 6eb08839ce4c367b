"""A count that must be the number of a table's rows.

Options: `of`, the table counted; `where`, a condition on a choice of its rows (see
`conditions`); `by` and `same`, for a count in another table: only those rows count that hold in
the field `by` what this record holds in `same`. Rows whose choice is unknown may or may not count,
so the typed number is compared with the range that is still possible: of 118 women and 2 rows with
an unreadable ID, 118, 119 and 120 are all fine. A submission without that table is not validated.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from converter.formulas.expressions import quote
from converter.kinds.base import Mask, ValueType
from converter.kinds.options import CardOptions, Option
from converter.logic.terms import at_most, equal, every
from converter.messages.catalogue import message
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Form, Rule, sheet_of
from converter.model.issues import Params
from converter.rules import conditions
from converter.rules.base import (
    Faults,
    FieldPath,
    FormColumns,
    Refs,
    RuleFamily,
    numbers,
    title,
)
from converter.rules.conditions import Condition
from converter.rules.demands import Demand, Unknowns
from converter.rules.other_rows import (
    RowsPath,
    excel_known,
    is_known,
    keys,
    most_rows,
    texts_of,
)

if TYPE_CHECKING:
    import numpy.typing as npt


def _count(submissions: Positions, mask: Mask, units: pd.Index) -> Positions:
    found, counts = np.unique(submissions[mask], return_counts=True)
    at = units.get_indexer(pd.Index(found))
    total = np.zeros(len(units), dtype="int64")
    total[at[at >= 0]] = counts[at >= 0]
    return total


Positions: TypeAlias = "npt.NDArray[np.int64]"


class SheetKey(Option[str]):
    """The sheet whose rows are counted."""

    holds = "sheet_key"
    schema = MappingProxyType({"type": "string"})

    def read(self, value: Any) -> str:
        return str(value)

    def accept(self, card: CardOptions, form: Form) -> None:
        tables = [table.key for table in form.tables]
        if card.options.get(self.name) not in tables:
            raise self.refused("form_no_sheet", card.options.get(self.name), tables)


class CountsRows(RuleFamily):
    """A count that must be the number of a table's rows."""

    name = "counts_rows"
    at_type = ValueType.COUNT
    of = SheetKey()
    where = Condition(elsewhere=True, default=None)
    by = RowsPath(filled=True, default="")
    same = FieldPath(default="")

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        if self.by.given(rule) != self.same.given(rule) or (
            self.by.given(rule) and self.where.given(rule)
        ):
            raise option_error("by", "form_by_same")
        if self.by.given(rule):
            if sheet_of(self.by(rule)) != self.of(rule):
                params = {"path": self.by(rule), "sheet": form.sheet(self.of(rule)).title}
                raise option_error("by", "form_other_sheet", self.by(rule), **params)
            return
        for path in rule.at:
            if not path.startswith(f"{form.record.key}."):
                params = {"path": path, "sheet": form.record.title}
                raise option_error("at", "form_other_sheet", path, **params)
        if self.where.given(rule):
            counted = self.where.of(rule, form)
            if not counted.path.startswith(f"{self.of(rule)}."):
                params = {"path": counted.path, "sheet": form.sheet(self.of(rule)).title}
                raise option_error("where", "form_other_sheet", counted.path, **params)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        if self.by.given(rule):
            return self._faults_by(rule, path, tables)
        least, most = self._possible(rule, tables)
        typed = numbers(tables.column(path))
        wrong = (typed < least) | (typed > most)
        present = tables.present.get(self.of(rule))
        if present is not None:
            wrong &= present.loc[tables.record.index].to_numpy(dtype=bool)

        def params(at: int) -> Params:
            low, high = int(least[at]), int(most[at])
            counted = str(low) if low == high else f"{low}–{high}"
            return {"value": int(typed[at]), "least": low, "most": high, "counted": counted}

        return Faults(wrong, params)

    def _faults_by(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        """Of each record, the rows that belong to it; where all rows belong to some record."""
        by, same = self.by(rule), self.same(rule)
        rows, sound, submissions = texts_of(tables, by)
        own, own_sound, submission = texts_of(tables, same)
        records, belonging = keys(submission, own), keys(submissions[sound], rows[sound])
        stray = set(submissions[sound].to_numpy()[~belonging.isin(records)].tolist())
        counts = belonging.value_counts()
        counted = counts.reindex(records, fill_value=0).to_numpy()
        typed = numbers(tables.column(path))
        known = is_known(tables, by, submission) & ~submission.isin(stray).to_numpy()
        wrong = tables.column(path).sound & own_sound & known & (typed != counted)
        return Faults(wrong, lambda at: {"value": int(typed[at]), "counted": int(counted[at])})

    def _possible(self, rule: Rule, tables: FormColumns) -> tuple[Positions, Positions]:
        """The fewest and the most rows that may count, one a unit record."""
        submissions = tables.sheets[self.of(rule)].submission.to_numpy()
        every = np.ones(len(submissions), dtype=bool)
        if not self.where.given(rule):
            total = _count(submissions, every, tables.record.index)
            return total, total
        wanted = self.where.of(rule, tables.form)
        unknown = ~tables.column(wanted.path).sound
        known = _count(submissions, conditions.holds(wanted, tables), tables.record.index)
        return known, known + _count(submissions, unknown, tables.record.index)

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        counted = form.sheet(self.of(rule))
        if self.by.given(rule):
            params = {"field": title(self.by(rule), form), "counter": counted.counter}
            return {"sheet": counted.title, "rows": message("rows_same", **params)}
        if not self.where.given(rule):
            return {"sheet": counted.title, "rows": message("rows_all", counter=counted.counter)}
        wanted = self.where.of(rule, form)
        named = conditions.message_params(wanted, form)
        rows = message(
            "rows_where",
            field=named["when_field"],
            value=named["when_value"],
            counter=counted.counter,
        )
        return {"sheet": counted.title, "rows": rows}

    def excel_counted(self, rule: Rule, refs: Refs) -> str:
        """Expression: how many rows are known to count."""
        if not self.where.given(rule):
            return refs.filled_rows(self.of(rule))
        wanted = self.where.of(rule, refs.form)
        return "+".join(_rows_of(wanted.path, refs, wanted.codes))

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        typed, of = unknowns.value(path), self.of(rule)
        given = every((unknowns.filled(path), unknowns.present(of)))
        if self.by.given(rule):
            own = unknowns.filled(self.same(rule))
            counted = unknowns.rows_alike(self.by(rule), self.same(rule))
            return Demand(every((given, own)), equal(typed, counted))
        if not self.where.given(rule):
            return Demand(given, equal(typed, unknowns.rows(of)))
        wanted = self.where.of(rule, unknowns.form)
        least, most = unknowns.rows_among(wanted.path, wanted.codes)
        return Demand(given, every((at_most(least, typed), at_most(typed, most))))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        typed, of = refs.at(path), self.of(rule)
        if self.by.given(rule):
            return self._excel_by(rule, path, refs)
        filled = refs.filled_rows(of)
        if self.where.given(rule):
            wanted = self.where.of(rule, refs.form)
            every = [entry.code for entry in conditions.code_list(wanted.path, refs.form).entries]
            least = self.excel_counted(rule, refs)
            # Whatever is neither wanted nor another entry of the list is unknown.
            rest = [code for code in every if code not in wanted.codes]
            others = _rows_of(wanted.path, refs, rest)
            wrong = f"OR({typed.norm}<{least},{typed.norm}>{'-'.join([filled, *others])})"
        else:
            wrong = f"{typed.norm}<>{filled}"
        return f"IF({refs.beyond(of)},FALSE,IF({typed.usable},{wrong},FALSE))"

    def _excel_by(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if most_rows(refs):
            return None
        typed, own = refs.at(path), refs.at(self.same(rule))
        rows, records = refs.rows(self.by(rule)).norm, refs.rows(self.same(rule)).norm
        counted = f"SUMPRODUCT(--EXACT({rows},{own.norm}))"
        belong = f'SUMPRODUCT(({rows}<>"")*ISNUMBER(MATCH({rows},{records},0)))'
        known = f"{excel_known(self.by(rule), refs)},{belong}={refs.filled_rows(self.of(rule))}"
        wrong = f"IF(AND({known}),{typed.norm}<>{counted},FALSE)"
        return f"IF(AND({typed.usable},{own.usable}),{wrong},FALSE)"


def _rows_of(path: str, refs: Refs, codes: Iterable[str]) -> list[str]:
    """Expressions: how many rows hold each of some codes. Of those that have formulas, and of those
    that have lost them."""
    rows, (others, counted) = refs.rows(path).norm, refs.rows_without_formulas(path)
    return [
        count
        for code in map(quote, codes)
        for count in (
            f"SUMPRODUCT(--({rows}={code}))",
            f"SUMPRODUCT(({others}={code})*{counted})",
        )
    ]
