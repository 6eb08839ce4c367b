"""A derived cell that somebody typed over must say what is derived (sex and birthday follow
from the ID number, which counts). No options.

Typed text that cannot be read disagrees, too. Nothing typed, or nothing derived: no verdict.
The Excel face leaves dates typed as text to the pipeline, which can read them.
"""

from __future__ import annotations

from converter.kinds import KINDS, date
from converter.kinds.base import ValueType
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Form, Rule
from converter.model.issues import Params
from converter.rules import derivations
from converter.rules.base import Answers, Faults, FormColumns, Refs, RuleFamily, title


def _source(path: str, form: Form) -> str:
    field = form.field(path)
    assert field.derive
    return f"{field.sheet}.{field.derive.source}"


class Agrees(RuleFamily):
    """A derived cell that was typed over must agree with what is derived."""

    name = "agrees"

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        for path in rule.at:
            if form.field(path).derive is None:
                raise option_error("at", "form_not_derived", path, path=path)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        column, field = tables.column(path), tables.form.field(path)
        raw = column.raw.to_numpy(dtype=object)
        typed, derived = column.typed.to_numpy(dtype=object), column.text.to_numpy(dtype=object)
        shown = KINDS[field.kind].cell
        shown_raw = date.shown if KINDS[field.kind].value_type is ValueType.DATE else str
        return Faults(
            (raw != "") & (derived != "") & (typed != derived),
            lambda at: {
                "typed": str(shown(typed[at], field, tables.form))
                if typed[at]
                else shown_raw(raw[at]),
                "derived": str(shown(derived[at], field, tables.form)),
            },
            lambda at: (_source(path, tables.form),),
        )

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return {"source": title(_source(path, form), form)}

    def disarrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> bool:
        sheet, _, key = path.partition(".")
        field, record = form.field(path), answers[sheet][0]
        kind = KINDS[field.kind]
        source = pd.Series([record[_source(path, form).partition(".")[2]]])
        derived = str(derivations.derive(field, source).iloc[0])
        if kind.value_type is ValueType.DATE:
            record[key] = str(np.datetime64(derived) - 1)
            return True
        codes = kind.code_list(field, form)
        others = [e.code for e in codes.entries if e.code != derived] if codes else []
        record[key] = str(kind.cell(others[0], field, form)) if others else f"{derived}9"
        return True

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref, field = refs.at(path), refs.form.field(path)
        kind = KINDS[field.kind]
        # IF evaluates only the branch it takes, so the reading never meets an error value.
        validated = kind.excel_differs(ref.raw, ref.norm, field, refs.form)
        unreadable = f"OR(ISERROR({ref.raw}),ISLOGICAL({ref.raw}))"
        return f"IF({ref.usable},IF({unreadable},TRUE,{validated}),FALSE)"
