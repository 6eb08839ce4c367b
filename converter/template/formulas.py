"""The formulas behind a field: from what was typed to what the 核对 column says.

One helper cell a step, so that no formula grows long: typed → text → norm → fault → usable →
messages. Whether a required cell is missing stands in `messages`, not in `fault`: on the member
sheet that depends on the row being filled, which depends on the derived cells, which depend on
faults.
"""

from __future__ import annotations

from dataclasses import dataclass

from converter import rules
from converter.formulas import expressions
from converter.kinds import KINDS, tolerance
from converter.kinds.base import LATER, Kind, ValueType
from converter.messages import catalogue
from converter.model.forms import Field, Form
from converter.model.issues import Level
from converter.rules import derivations, one_cell
from converter.rules.base import Refs
from converter.template.labels import REQUIRED, ROW, label, message, phrase, prefix
from converter.template.layout import MemberLayout, UnitLayout

ERROR_CELL, TRUTH_VALUE = "K002", "K004"


@dataclass(frozen=True)
class FieldFormulas:
    """The formulas of one sheet's fields, without their leading '='."""

    form: Form
    place: UnitLayout | MemberLayout
    refs: Refs

    def text(self, field: Field) -> str:
        return KINDS[field.kind].excel_cleaned(self.place.raw(field.key), field, self.form)

    def norm(self, field: Field) -> str:
        kind, raw = KINDS[field.kind], self.place.raw(field.key)
        if field.derive:
            derived, substitute = self._derived(field), self.substitute(field)
            if not substitute:
                return derived
            return f"IF({substitute},{kind.excel_norm(raw, field, self.form)},{derived})"
        cleaned = self.place.helper(field.key, "text") if kind.excel_text_cell else ""
        return self._kind(field).excel_norm(raw, field, self.form, cleaned)

    def substitute(self, field: Field) -> str:
        """TRUE where a derived field must be typed, since its source is a substitute; '' where
        that never is."""
        assert field.derive
        source = self.place.sheet.field(field.derive.source)
        kind = KINDS[source.kind]
        if not kind.has_substitutes:
            return ""
        found = kind.excel_substitute(self.place.helper(source.key, "norm"))
        return f"IF({self.usable_by_kind(source)},{found},FALSE)"

    def _derived(self, field: Field) -> str:
        """What follows from the source; '' where it is not usable, or a substitute."""
        assert field.derive
        source = self.place.sheet.field(field.derive.source)
        norm, usable = self.place.helper(source.key, "norm"), self.usable_by_kind(source)
        kind = KINDS[source.kind]
        if kind.has_substitutes:
            usable = f"IF({usable},NOT({kind.excel_substitute(norm)}),FALSE)"
        if accepted := tolerance.tolerated(source, self.form) - kind.derivable:
            raw = self.place.raw(source.key)
            conditions = self._kind(source).excel_faults(raw, norm, source, self.form)
            wrong = [one.wrong for one in conditions if one.code in accepted]
            if wrong:  # a number that is too short makes an error of the question for its digits
                usable = f"IF({usable},NOT(IFERROR({expressions.either(wrong)},TRUE)),FALSE)"
        return derivations.excel(field, norm, usable)

    def fault(self, field: Field, explained: str = "") -> str:
        """The kind's message led by the joiner; what is no value at all has no norm either.
        `explained` is TRUE where a reason was typed."""
        raw, norm = self.place.raw(field.key), self.place.helper(field.key, "norm")
        kind = KINDS[field.kind]

        def found(code: str) -> str:
            if code == LATER:
                return self._joined(expressions.quote(label(self.form, "later_date")))
            if not code:
                return '""'
            text = self._joined(message(self.form, code, field, {}, explained))
            if code != kind.offers_at or not self.place.has(field.key, "offered"):
                return text
            entry = self.place.helper(field.key, "offered")
            return f'{text}&IF({entry}="","",{phrase(self.form, "offered", entry=entry)})'

        hidden = expressions.holds_invisible(norm)
        if kind.value_type is ValueType.DATE:  # a number, mostly
            hidden = f"IF(ISNUMBER({norm}),FALSE,{hidden})"
        later = f"IF({hidden},{self._joined(self._later)},"
        faults = [
            (condition.wrong, found(condition.code))
            for condition in self._kind(field).excel_faults(raw, norm, field, self.form)
        ]
        no_value = [
            (f"ISERROR({raw})", found(ERROR_CELL)),
            (f"ISLOGICAL({raw})", found(TRUTH_VALUE)),
        ]
        blank = expressions.first_of(no_value)
        fault = f'IF({norm}="",{blank},{later}{expressions.first_of(faults)}))'
        return self._titled(fault, field)

    def usable(self, field: Field, explained: str) -> str:
        """Whether rules may compare the cell: not in error, neither by its kind nor by a rule about
        this cell alone."""
        usable = self.usable_by_kind(field)
        return one_cell.excel_usable(field.path, self.refs, usable, explained)

    def usable_by_kind(self, field: Field) -> str:
        """Whether the kind finds nothing that is more than a warning."""
        norm = self.place.helper(field.key, "norm")
        if field.derive:
            return self._derived_usable(field, norm)
        fault = self._fault(field)
        doubt = label(self.form, "joiner") + prefix(self.form, Level.WARNING)
        mild = f'OR({fault}="",LEFT({fault},{len(doubt)})={expressions.quote(doubt)})'
        return f"IF({mild},{self._kind(field).excel_usable(norm)},FALSE)"

    def _kind(self, field: Field) -> Kind:
        """The kind, with the choice beside the field that it depends on."""
        kind = KINDS[field.kind]
        key = kind.depends_on(field)
        return kind.beside(self.place.helper(key, "norm"), field) if key else kind

    def _derived_usable(self, field: Field, norm: str) -> str:
        """There is a value; where it must be typed, the kind finds no error in it either."""
        assert field.derive
        source = self.place.sheet.field(field.derive.source)
        if not KINDS[source.kind].has_substitutes:
            return f'{norm}<>""'
        kind, raw = KINDS[field.kind], self.place.raw(field.key)
        errors = [
            condition.wrong
            for condition in kind.excel_faults(raw, norm, field, self.form)
            if condition.code == LATER or self._is_unexcused_error(condition.code, field)
        ]
        # A source that is not usable leaves no value: its shape alone needs to be asked.
        typed = KINDS[source.kind].excel_substitute(self.place.helper(source.key, "norm"))
        sound = f"IF({typed},{kind.excel_sound(raw, norm, errors)},TRUE)"
        return f"IF({kind.excel_usable(norm)},{sound},FALSE)"

    def _is_unexcused_error(self, code: str, field: Field) -> bool:
        """Whether a fault stays an error though a reason was typed, as beside every substitute."""
        found = catalogue.entry(code, self.form, field)
        return found.level is Level.ERROR and not found.explainable

    def _fault(self, field: Field) -> str:
        """The helper cell, or the formula itself where there is none."""
        has_cell = self.place.has(field.key, "fault")
        if has_cell:
            return self.place.helper(field.key, "fault")
        return self.fault(field, self.place.explained(field.key))

    def blank(self, field: Field) -> str:
        """TRUE where nothing was typed in a table's cell: an error or a truth value has no norm
        either."""
        norm = self.place.helper(field.key, "norm")
        if field.derive:
            return f'{norm}=""'
        if self.place.has(field.key, "fault"):
            return f'AND({norm}="",{self.place.helper(field.key, "fault")}="")'
        raw = self.place.raw(field.key)
        return f'AND({norm}="",NOT(ISERROR({raw})),NOT(ISLOGICAL({raw})))'

    def messages(self, field: Field, filled: str, explained: str) -> str:
        """All messages of a field, each led by the joiner; none where `filled`, the condition
        that there is a record at all ('' = always), is FALSE."""
        pieces = []
        if not field.derive:
            pieces.append(self._fault(field))
        elif substitute := self.substitute(field):
            missing = self._joined(message(self.form, REQUIRED, field, {}))
            # What is no value at all has no norm, and a fault.
            fault = self.fault(field)
            raw, norm = self.place.raw(field.key), self.place.helper(field.key, "norm")
            blank = f'IF(ISERROR({raw}),FALSE,IF(ISLOGICAL({raw}),FALSE,{norm}=""))'
            pieces.append(f'IF({substitute},IF({blank},{missing},{fault}),"")')
        if field.required and not field.derive:
            missing = self.refs.at(field.path).blank
            pieces.append(self._when(missing, message(self.form, REQUIRED, field, {})))
        for rule in self.form.rules:
            if field.path not in rule.at:
                continue
            family = rules.FAMILIES[rule.family]
            params = {**family.message_params(rule, field.path, self.form), "row": ROW}
            text = message(self.form, rule.code, field, params, explained)
            if ROW in text:
                text = text.replace(ROW, f'"&{family.excel_row(rule, field.path, self.refs)}&"')
            if text == '""':
                continue
            if family.validates_one_cell(rule):
                usable = self.usable_by_kind(field)
                condition = one_cell.excel_condition(rule, field.path, self.refs, usable)
            else:
                condition = family.excel(rule, field.path, self.refs)
            if condition is not None and catalogue.is_beta(rule, self.form):
                condition = f"IF({explained},FALSE,{condition})"
            if condition is not None:
                pieces.append(self._when(condition, text))
        messages = self._titled("&".join(pieces) or '""', field)
        return f'IF({filled},{messages},"")' if filled else messages

    def _titled(self, messages: str, field: Field) -> str:
        """Messages that name their field by the cell of its title, where there is one: fields that
        are checked alike share a formula."""
        title = self.place.title(field, label(self.form, "required_mark"))
        return messages.replace(field.title, f'"&{title}&"') if title else messages

    @property
    def _later(self) -> str:
        return expressions.quote(label(self.form, "later"))

    def _joined(self, text: str) -> str:
        return joined(self.form, text)

    def _when(self, condition: str, text: str) -> str:
        return f'IF({condition},{self._joined(text)},"")'

    def verdict(self, messages: list[str], typed: list[str], explained: str, end: str = "") -> str:
        """The 核对 cell: the messages without the first one's joiner, then `end`. A reason that
        does not excuse an error is answered; `typed` are the messages that it may be meant for."""
        start = len(label(self.form, "joiner")) + 1
        error = f"FIND({expressions.quote(label(self.form, 'error'))},{'&'.join(typed)})"
        answer = expressions.quote(label(self.form, "not_excused"))
        answered = f'IF({explained},IF(ISNUMBER({error}),{answer},""),"")'
        ended = f"&{expressions.quote(end)}" if end else ""
        return f"MID({'&'.join(messages)},{start},32767)&{answered}{ended}"

    def shown(self, field: Field) -> str:
        """The visible cell of a derived field: a label or a date."""
        # Not the helper cell: that one may look at this cell, where it was typed over.
        norm = self._derived(field)
        codes = field.options.get("codes")
        if isinstance(codes, str):
            code, text = (expressions.list_name(codes, column) for column in ("code", "label"))
            return f'IF({norm}="","",{expressions.look_up(norm, code, text)})'
        return norm

    @staticmethod
    def explained(cell: str) -> str:
        """TRUE where a reason was typed."""
        typed = f"IF(LEN({cell})=0,FALSE,NOT({expressions.is_blank(cell)}))"  # mostly it is empty
        return f"IF(ISERROR({cell}),TRUE,{typed})"


def joined(form: Form, text: str) -> str:
    """A message led by the joiner; a plain literal stays one."""
    joiner = expressions.quote(label(form, "joiner"))
    return f"{joiner[:-1]}{text[1:]}" if text.startswith('"') else f"{joiner}&{text}"
