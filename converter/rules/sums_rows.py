"""A count on the record sheet that must be the sum of a column (the members of all covered units).

Option: `rows`, the column of a table. The rule is silent while one of its rows has no usable
number.
"""

from __future__ import annotations

from converter.kinds.base import ValueType
from converter.logic.terms import equal, every
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Form, Rule, sheet_of
from converter.model.issues import Params
from converter.rules.base import Faults, FormColumns, Refs, RuleFamily, numbers
from converter.rules.demands import Demand, Unknowns
from converter.rules.other_rows import RowsPath, excel_known, is_known, rows_params
from converter.rules.places import compared, excel_compared, places_of, scaled, shown


class SumsRows(RuleFamily):
    """A count on the record sheet that must be the sum of a table's column."""

    name = "sums_rows"
    at_type = ValueType.NUMBER
    rows = RowsPath(ValueType.NUMBER, filled=True)

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        for path in rule.at:
            if sheet_of(path) != form.record.key:
                params = {"path": path, "sheet": form.record.title}
                raise option_error("at", "form_other_sheet", path, **params)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        rows, units = self.rows(rule), tables.record.index
        added = np.zeros(len(units))
        at = units.get_indexer(pd.Index(tables.table(rows).submission))
        known = at >= 0
        places = places_of(tables.form, path, rows)
        each = scaled(np.nan_to_num(numbers(tables.column(rows))), places)
        np.add.at(added, at[known], each[known])
        added = added / 10**places
        typed = numbers(tables.column(path))
        wrong = compared(np.not_equal, typed, added, places) & tables.column(path).sound
        wrong &= is_known(tables, rows, tables.record.submission)
        return Faults(
            wrong, lambda n: {"value": shown(typed[n], places), "sum": shown(added[n], places)}
        )

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return rows_params(self.rows(rule), form)

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        rows = self.rows(rule)
        places = places_of(unknowns.form, path, rows)
        applies = every((unknowns.filled(path), unknowns.present(sheet_of(rows))))
        return Demand(applies, equal(unknowns.value(path, places), unknowns.total(rows, places)))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        rows, typed = self.rows(rule), refs.at(path)
        total = f"SUM({refs.rows(rows).norm})"
        wrong = excel_compared(typed.norm, "<>", total, places_of(refs.form, path, rows))
        return f"IF({typed.usable},IF({excel_known(rows, refs)},{wrong},FALSE),FALSE)"
