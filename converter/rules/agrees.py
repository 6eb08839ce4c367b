"""A derived cell that somebody typed over must say what is derived (sex and birthday follow
from the ID number, which counts). No options.

Typed text that cannot be read disagrees, too. Nothing typed, or nothing derived: no verdict.
The Excel face leaves dates typed as text to the pipeline, which can read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.kinds import KINDS, date
from converter.kinds.base import ValueType
from converter.model.errors import option_error
from converter.model.forms import Form, Rule
from converter.rules.base import FormColumns, Refs, RuleFamily, Violation, labels, title


class Agrees(RuleFamily):
    """A derived cell that was typed over must agree with what is derived."""

    name = "agrees"

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        for path in rule.at:
            if form.field(path).derive is None:
                raise option_error("at", "form_not_derived", path, path=path)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        for path in rule.at:
            column, field = tables.column(path), tables.form.field(path)
            raw = column.raw.to_numpy(dtype=object)
            typed, derived = column.typed.to_numpy(dtype=object), column.text.to_numpy(dtype=object)
            differs = (raw != "") & (derived != "") & (typed != derived)
            assert field.derive
            source = f"{field.sheet}.{field.derive.source}"
            known = self.message_params(rule, path, tables.form)
            shown_raw = date.shown if KINDS[field.kind].value_type is ValueType.DATE else str
            for at, record in labels(column, differs):
                shown = KINDS[field.kind].cell
                figures = {
                    "typed": str(shown(typed[at], field, tables.form))
                    if typed[at]
                    else shown_raw(raw[at]),
                    "derived": str(shown(derived[at], field, tables.form)),
                }
                params = {**known, **figures}
                yield Violation(path, record, params, ((source, record),))

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        field = form.field(path)
        assert field.derive
        return {"source": title(f"{field.sheet}.{field.derive.source}", form)}

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref, field = refs.at(path), refs.form.field(path)
        kind = KINDS[field.kind]
        # IF evaluates only the branch it takes, so the reading never meets an error value.
        validated = kind.excel_differs(ref.raw, ref.norm, field, refs.form)
        unreadable = f"OR(ISERROR({ref.raw}),ISLOGICAL({ref.raw}))"
        return f"IF({ref.usable},IF({unreadable},TRUE,{validated}),FALSE)"
