"""What a table comes to for a figure on the record sheet: shown beside it, and offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from converter.model.forms import Field, Form, Rule
from converter.model.submissions import Records, Submission
from converter.rules import conditions
from converter.rules.base import Refs
from converter.rules.counts_rows import CountsRows


@dataclass(frozen=True)
class CountedRows:
    """A rule that counts the rows of a table."""

    rule: Rule
    form: Form

    @property
    def params(self) -> Mapping[str, str]:
        """What the text beside the figure fills in."""
        counter = self.form.sheet(_FAMILY.of(self.rule)).counter
        wanted = self._wanted
        which = str(conditions.message_params(wanted, self.form)["when_value"]) if wanted else ""
        return {"which": which, "counter": counter}

    def expression(self, refs: Refs) -> str:
        """How many rows there are, as far as the workbook knows."""
        return _FAMILY.excel_counted(self.rule, refs)

    def number(self, submission: Submission, records: Records | None) -> int:
        """The same of what was read."""
        wanted = self._wanted
        if wanted is None:
            return submission.count(_FAMILY.of(self.rule))
        sheet, _, key = wanted.path.partition(".")
        texts = records.tables.get(sheet, {}).get(key, []) if records else []
        return sum(text in wanted.codes for text in texts)

    @property
    def _wanted(self) -> conditions.ChoiceCondition | None:
        given = _FAMILY.where.given(self.rule)
        return _FAMILY.where.of(self.rule, self.form) if given else None


def counted_rows(form: Form, field: Field) -> CountedRows | None:
    """What counts the rows for a field's figure (None = nothing)."""
    rule = next((r for r in form.rules if r.family == _FAMILY.name and field.path in r.at), None)
    return CountedRows(rule, form) if rule else None


_FAMILY = CountsRows()
