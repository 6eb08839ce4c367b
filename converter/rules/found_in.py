"""A value that must stand in a row of another table (a cadre is a member).

Option: `rows`, the field of the other table; the form must require it there. The rule is
silent while one of its rows has no usable value. A package's descriptor has it as a foreign key.
"""

from __future__ import annotations

from converter.kinds.base import Mask
from converter.logic.terms import every
from converter.model.forms import Form, Rule, sheet_of
from converter.rules.base import Answers, FormColumns, Refs
from converter.rules.demands import Demand, Unknowns
from converter.rules.other_rows import (
    Listed,
    RowsPath,
    apart,
    excel_known,
    is_known,
    most_rows,
)


class FoundIn(Listed):
    """A value that must stand in a row of another table."""

    name = "found_in"
    rows = RowsPath(filled=True)

    def wrong(self, rule: Rule, path: str, tables: FormColumns) -> Mask:
        known = is_known(tables, self.rows(rule), tables.table(path).submission)
        wrong: Mask = known & ~self.found(rule, path, tables)
        return wrong

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        listed = unknowns.fact("listed", path, self.rows(rule))
        applies = every((unknowns.filled(path), unknowns.present(sheet_of(self.rows(rule)))))
        return Demand(applies, listed)

    def arrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> None:
        own, key = path.split("."), self.rows(rule).split(".")
        for n, row in enumerate(answers[own[0]]):
            rows = answers[key[0]]
            if row[own[1]]:  # one row each where a value stands only once
                is_unique = any(r.family == "unique" and path in r.at for r in form.rules)
                row[own[1]] = rows[n % len(rows) if is_unique else 0][key[1]]

    def disarrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> bool:
        apart(path, self.rows(rule), answers)
        return True

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if most_rows(refs):
            return None
        missing = f"NOT({self.excel_found(rule, path, refs)})"
        known = excel_known(self.rows(rule), refs)
        return f"IF({refs.at(path).usable},IF({known},{missing},FALSE),FALSE)"
