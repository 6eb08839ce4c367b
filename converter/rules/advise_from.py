"""A count from which something is worth knowing (25 members: a committee is due by law).

Options: `from`, the count; `unless`, words in the unit's name that say it is known already. What
there is to know stands on the card (`sentence`, `fix`).
"""

from __future__ import annotations

from converter.kinds.base import Mask, ValueType
from converter.kinds.options import Texts, WholeNumber
from converter.logic.terms import NEVER, at_most, some
from converter.model.arrays import np
from converter.model.forms import Form, Rule
from converter.model.issues import Params
from converter.rules.base import Faults, FormColumns, Refs, RuleFamily, numbers
from converter.rules.demands import Demand, Unknowns


class AdviseFrom(RuleFamily):
    """A count from which something is worth knowing."""

    name = "advise_from"
    at_type = ValueType.COUNT
    from_ = WholeNumber(least=1)
    unless = Texts(default=())

    def validates_one_cell(self, rule: Rule) -> bool:
        return True

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        counted = numbers(tables.column(path))
        due = (counted >= self.from_(rule)) & ~self._is_known(rule, tables, len(counted))
        return Faults(due, lambda at: {"value": int(counted[at])})

    def _is_known(self, rule: Rule, tables: FormColumns, count: int) -> Mask:
        """Whether the names of the units say that it is known."""
        record = tables.form.record
        name = next((f for f in record if f.identity == "unit_name"), None)
        if name is None or not all(path.startswith(f"{record.key}.") for path in rule.at):
            return np.zeros(count, dtype=bool)
        texts = tables.column(name.path).text.tolist()
        return np.array([any(w in text for w in self.unless(rule)) for text in texts], dtype=bool)

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return {"from": self.from_(rule)}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        below = at_most(unknowns.value(path) + 1, self.from_(rule))
        named = unknowns.fact("named", *self.unless(rule)) if self.unless(rule) else NEVER
        return Demand(unknowns.filled(path), some((below, named)))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref = refs.at(path)
        return f"IF({ref.usable},{ref.norm}>={self.from_(rule)},FALSE)"
