"""A value that stands only once in a submission (one ID number, one member). No options.

Reported on each row after the first, which is named as related. The Excel face compares with
MATCH, never with COUNTIF, which reads 18 digits as a number and keeps 15 of them; beyond
`live_duplicates` prepared rows it is too slow and left to the pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator

from converter.kinds import KINDS
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Form, Rule, sheet_of
from converter.rules.base import Answers, FormColumns, Refs, RuleFamily, Violation, labels


class Unique(RuleFamily):
    """A value that stands only once in a submission."""

    name = "unique"

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        for path in rule.at:
            if form.sheet(sheet_of(path)).is_record:
                raise option_error("at", "form_not_in_table", path, path=path)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        for path in rule.at:
            column = tables.column(path)
            live = np.flatnonzero(column.sound)
            codes, values = pd.factorize(column.text.to_numpy(dtype=object)[live])
            submission = tables.table(path).submission.to_numpy(dtype="int64")[live]
            key = submission * len(values) + codes
            repeated = np.zeros(len(column.blank), dtype=bool)
            repeated[live[pd.Series(key).duplicated().to_numpy()]] = True
            if not repeated.any():
                continue
            keys, first = np.unique(key, return_index=True)
            firsts = np.zeros(len(repeated), dtype="int64")
            firsts[live] = live[first[np.searchsorted(keys, key)]]
            first_ones = column.blank.index.to_numpy()[firsts]
            for at, record in labels(column, repeated):
                yield Violation(path, record, {}, ((path, int(first_ones[at])),))

    def arrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> None:
        sheet, _, key = path.partition(".")
        rows, field = answers[sheet], form.field(path)
        seen: set[str] = set()
        for row in rows:
            if row[key] in seen:
                alike = KINDS[field.kind].alike(row[key], field, form)
                row[key] = next((text for text in alike if text not in seen), row[key])
            seen |= {row[key]} - {""}

    def disarrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> bool:
        sheet, _, key = path.partition(".")
        first, *others = answers[sheet]
        if not others:
            return False
        others[0][key] = first[key]
        return True

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if refs.prepared > refs.form.limits["live_duplicates"]:
            return None
        other = f"{refs.first_alike(path)}<>{refs.row_number}"
        return f"IF({refs.at(path).usable},IFERROR({other},FALSE),FALSE)"

    def excel_row(self, rule: Rule, path: str, refs: Refs) -> str:
        return f"{refs.heading_row}-1+{refs.first_alike(path)}"
