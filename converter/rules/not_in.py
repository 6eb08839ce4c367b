"""A value that must not stand in a row of another table (who is retired is not on duty).

Option: `rows`, the field of the other table. With `unique` on both, a value stands only once in
the two tables.
"""

from __future__ import annotations

from converter.kinds.base import Mask
from converter.logic.terms import every, negation
from converter.model.forms import Form, Rule, sheet_of
from converter.rules.base import Answers, FormColumns, Refs
from converter.rules.demands import Demand, Unknowns
from converter.rules.other_rows import Listed, RowsPath, apart, most_rows


class NotIn(Listed):
    """A value that must not stand in a row of another table."""

    name = "not_in"
    rows = RowsPath()

    def wrong(self, rule: Rule, path: str, tables: FormColumns) -> Mask:
        return self.found(rule, path, tables)

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        listed = unknowns.fact("listed", path, self.rows(rule))
        applies = every((unknowns.filled(path), unknowns.present(sheet_of(self.rows(rule)))))
        return Demand(applies, negation(listed))

    def arrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> None:
        apart(path, self.rows(rule), answers)

    def disarrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> bool:
        sheet, _, key = path.partition(".")
        table, _, other = self.rows(rule).partition(".")
        answers[sheet][0][key] = answers[table][0][other]
        return True

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if most_rows(refs):
            return None
        return f"IF({refs.at(path).usable},{self.excel_found(rule, path, refs)},FALSE)"
