"""What formulas come to, stored beside them as Excel itself does: previews, telephones and
Protected View compute nothing and would show zeros.

The verdicts are the pipeline's, in the words of the 核对 columns. Every program computes them anew
as soon as it may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from converter import rules
from converter.formulas.expressions import INVISIBLE
from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.model.clock import today
from converter.model.forms import Field, Form
from converter.model.issues import Issue, Level, Params, column_letters
from converter.model.submissions import Outcome, RawColumn, Records, Submission
from converter.template.answers import EPOCH
from converter.template.counted import counted_rows
from converter.template.labels import REQUIRED, ROW, VERDICT_END, label, prefix
from converter.template.layout import STATUS_ROW, MemberLayout, UnitLayout, quoted
from converter.template.value_places import Value

# The order of messages: what the kind finds, what is missing, what rules find.
FIRST_RULE = 2


@dataclass(frozen=True)
class Computed:
    """What a submission's check came to, as formulas say it."""

    form: Form
    submission: Submission
    outcome: Outcome
    records: Records | None = None

    def messages(self, field: Field, record: int) -> str:
        """Everything that is found at a cell, each message led by the joiner."""
        return self._messages.get(field.path, {}).get(record, "")

    def fault(self, field: Field, record: int) -> str:
        """What the kind finds at a cell, led by the joiner."""
        return self._faults.get(field.path, {}).get(record, "")

    def is_usable(self, field: Field) -> bool:
        """Whether nothing about the record's cell alone is in error: see `FieldFormulas.usable`."""
        alone = {
            place
            for place, rule in enumerate(self.form.rules, FIRST_RULE)
            if rules.FAMILIES[rule.family].validates_one_cell(rule)
        }
        error = label(self.form, "joiner") + prefix(self.form, Level.ERROR)
        return self.shown(field, 0) != "" and not any(
            text.startswith(error) and (order == 0 or order in alone)
            for order, text in self._entries.get(field.path, {}).get(0, ())
        )

    def shown(self, field: Field, record: int) -> Value:
        """The canonical value as a helper cell has it."""
        return canonical(field, self._text(field, record))

    def label(self, field: Field, record: int) -> Value:
        """What the visible cell of a derived field shows."""
        return self._label(field, self._text(field, record))

    def messages_of(self, field: Field, count: int) -> Sequence[Value]:
        """`messages` of the first records of a table."""
        return _filled(self._messages.get(field.path, {}), count)

    def faults_of(self, field: Field, count: int) -> Sequence[Value]:
        """`fault` of the first records of a table."""
        return _filled(self._faults.get(field.path, {}), count)

    def values_of(self, field: Field, count: int, *, labels: bool = False) -> Sequence[Value]:
        """`shown`, or `label`, of the first records of a table: each text is looked up once."""
        texts = self.records.tables.get(field.sheet, {}).get(field.key, []) if self.records else []
        texts = [*texts[:count], *[""] * (count - len(texts))]
        value = self._label if labels else canonical
        values = {text: value(field, text) for text in set(texts)}
        return [values[text] for text in texts]

    def _label(self, field: Field, text: str) -> Value:
        codes = KINDS[field.kind].code_list(field, self.form)
        entry = codes.find(text) if codes else None
        return entry.label if entry else canonical(field, text)

    def offered(self, field: Field) -> str:
        """What is offered in place of an answer of the record that is at fault."""
        raw = self.submission.sheets.get(field.sheet)
        column = raw.columns.get(field.key) if raw else None
        if column is None or not column.text or field.derive or field.sheet != self.form.record.key:
            return ""
        return KINDS[field.kind].offered(column.text[0], field, self.form)

    def checks(self, table: str) -> list[str]:
        """The 核对 cells of a table's records, each with its end."""
        raw = self.submission.sheets.get(table)
        texts = [""] * (len(raw) if raw else 0)
        for field in self.form.sheet(table):
            for record, text in self._messages.get(field.path, {}).items():
                texts[record] += text
        reasons = raw.explanations.get("", []) if raw else []
        explained = [bool(reason) for reason in reasons[: len(texts)]]
        explained += [False] * (len(texts) - len(explained))
        cells = list(zip(texts, explained, strict=True))
        cell = {
            one: check_text(self.form, one[0], explained=one[1]) + VERDICT_END for one in set(cells)
        }
        return [cell[one] for one in cells]

    def _text(self, field: Field, record: int) -> str:
        if self.records is None:
            return ""
        if field.sheet == self.form.record.key:
            return self.records.record.get(field.key, "")
        texts = self.records.tables.get(field.sheet, {}).get(field.key, [])
        return texts[record] if record < len(texts) else ""

    @cached_property
    def _faults(self) -> Mapping[str, Mapping[int, str]]:
        return self._joined(lambda order: order == 0)

    @cached_property
    def _messages(self) -> Mapping[str, Mapping[int, str]]:
        return self._joined(lambda order: True)

    def _joined(self, wanted: Callable[[int], bool]) -> Mapping[str, Mapping[int, str]]:
        """The messages of each cell by field path and record: of those whose place in the order
        of messages is `wanted`."""
        joined = {
            path: {
                record: "".join(text for order, text in sorted(entries) if wanted(order))
                for record, entries in by.items()
            }
            for path, by in self._entries.items()
        }
        joiner = label(self.form, "joiner")
        texts = {key: joiner + label(self.form, key) for key in ("later", "later_date")}
        for path, record, key in self._left_to_the_check():
            if key == "later" or not joined.get(path, {}).get(record):
                joined.setdefault(path, {})[record] = texts[key]
        return joined

    @cached_property
    def _entries(self) -> Mapping[str, Mapping[int, Sequence[tuple[int, str]]]]:
        """By field path and record: each message with its place in the order of messages."""
        found: dict[str, dict[int, list[tuple[int, str]]]] = {}
        sheets = {raw.name: key for key, raw in self.submission.sheets.items()}
        order = {rule.code: n for n, rule in enumerate(self.form.rules, FIRST_RULE)} | {REQUIRED: 1}
        texts = _Texts(self.form)
        for issue in self.outcome.issues:
            key = sheets.get(issue.place.sheet, "")
            if issue.code[0] not in "KX" or not key or not issue.place.field:
                continue
            field = self.form.sheet(key).field(issue.place.field)
            raw = self.submission.sheets[key]
            record = 0 if key == self.form.record.key else raw.record(issue.place.row)
            text = texts(issue, field)
            if ROW in text:
                rows = [raw.record(place.row) for place in issue.related]
                first = next((row for row in rows if row is not None), 0)
                text = text.replace(ROW, str(MemberLayout.FIRST_ROW + first))
            if text and record is not None:
                if issue.code == KINDS[field.kind].offers_at and (other := self.offered(field)):
                    text += label(self.form, "offered", entry=other)
                entry = (order.get(issue.code, 0), text)
                found.setdefault(field.path, {}).setdefault(record, []).append(entry)
        return found

    def _text_dates(self, field: Field, column: RawColumn) -> Iterator[tuple[str, int, str]]:
        for record, (text, kind) in enumerate(zip(column.text, column.type, strict=True)):
            if kind == CellType.TEXT and text and self._text(field, record):
                yield field.path, record, "later_date"

    def _left_to_the_check(self) -> Iterator[tuple[str, int, str]]:
        """Cells that formulas leave to the check, and what they say of it."""
        for key, raw in self.submission.sheets.items():
            for field in self.form.sheet(key):
                column = raw.columns.get(field.key)
                if field.derive or column is None:
                    continue
                if KINDS[field.kind].value_type is ValueType.DATE:
                    yield from self._text_dates(field, column)
                if not _hidden(column.text):
                    continue
                for record, text in enumerate(column.text):
                    if _hidden((text,)) and self._text(field, record):
                        yield field.path, record, "later"


def _filled(texts: Mapping[int, str], count: int) -> Sequence[Value]:
    return [texts.get(record, "") for record in range(count)] if texts else [""] * count


def _hidden(texts: Iterable[str]) -> bool:
    joined = "".join(texts)
    return any(character in joined for character in INVISIBLE)


class _Texts:
    """The messages of issues, each made once a code, field and level."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._known: dict[tuple[str, str, Level], str] = {}

    def __call__(self, issue: Issue, field: Field) -> str:
        key = issue.code, field.path, issue.level
        if key not in self._known:
            self._known[key] = message(self._form, issue.code, field, issue.level)
        return self._known[key]


def message(form: Form, code: str, field: Field, level: Level) -> str:
    """A message as the 核对 column has it, led by the joiner; '' where only the check tells."""
    entry, rule = catalogue.entry(code, form, field), form.rule(code)
    params: Params = {}
    if level is Level.NOTE or entry.pipeline_only:
        return ""
    if rule:
        family = rules.FAMILIES[rule.family]
        if not family.is_live(field.path, form):
            return ""
        params = {**family.message_params(rule, field.path, form), "row": ROW}
    brief = catalogue.fill(entry.brief, {"title": field.title, **params})
    start = label(form, "to_fill") if code == REQUIRED else prefix(form, level)
    excusable = level is Level.ERROR and entry.explainable
    hint = label(form, "explainable") if excusable else ""
    return f"{label(form, 'joiner')}{start}{brief}({code}){hint}"


def check_text(form: Form, messages: str, *, explained: bool) -> str:
    """A 核对 cell, of messages that are each led by the joiner."""
    answered = explained and label(form, "error") in messages
    return messages[len(label(form, "joiner")) :] + label(form, "not_excused") * answered


def canonical(field: Field, text: str) -> Value:
    """A canonical text as a formula yields it: dates and counts are numbers."""
    kind = KINDS[field.kind]
    if kind.value_type is ValueType.DATE and text:
        try:
            days = (date.fromisoformat(text) - EPOCH).days
        except ValueError:
            return text
        return days if days > 0 or not field.derive else ""  # no spreadsheet counts further back
    return kind.excel_value(text)


# --- whole sheets ----------------------------------------------------------------------------


def unit_values(
    unit: UnitLayout, form: Form, computed: Computed | None, locked: Mapping[str, str]
) -> dict[str, Value]:
    """By address: what every formula of the unit sheet comes to. `locked`: what the identity file
    says, by field key."""
    raw = computed.submission.sheets.get(unit.sheet.key) if computed else None
    found: dict[str, Value] = {}
    checks: dict[int, str] = {}
    for field in unit.sheet:
        known = locked.get(field.key, "")
        missing = field.required and not field.derive and not known
        messages = message(form, REQUIRED, field, Level.ERROR) if missing else ""
        norm: Value = known
        fault, usable = "", known != ""
        if computed and raw:
            messages, norm = computed.messages(field, 0), computed.shown(field, 0)
            fault, usable = computed.fault(field, 0), computed.is_usable(field)
        row = unit.rows[field.key]
        explained = bool(raw and raw.explanation(field.key, 0))
        code = KINDS[field.kind].offers_at
        offered = computed.offered(field) if computed and code and f"({code})" in messages else ""
        checks[row] = check_text(form, messages, explained=explained)
        found |= {
            unit.helper(field.key, "text"): "",
            unit.helper(field.key, "norm"): norm,
            unit.helper(field.key, "fault"): fault,
            unit.helper(field.key, "usable"): usable,
            unit.helper(field.key, "messages"): messages,
            unit.helper(field.key, "offered"): offered,
            unit.explained(field.key): explained,
            f"{column_letters(unit.CHECK)}{row}": checks[row],
        }
        if counted := counted_rows(form, field):
            number = counted.number(computed.submission, computed.records) if computed else 0
            listed = label(form, "listed", **counted.params, n=number) if number else ""
            found[unit.helper(field.key, "offered")] = number
            found[f"{column_letters(unit.NOTE)}{row}"] = field.note + listed
        if field.derive:
            found[unit.raw(field.key)] = computed.label(field, 0) if computed and raw else ""
    found |= _unit_totals(unit, form, checks)
    return {address.replace("$", ""): value for address, value in found.items()}


def _unit_totals(unit: UnitLayout, form: Form, checks: Mapping[int, str]) -> dict[str, Value]:
    faulty = [row for row, text in checks.items() if text]
    missing = sum(f"({REQUIRED})" in text for text in checks.values())
    error = label(form, "error")
    errors = sum(error in t and f"({REQUIRED})" not in t for t in checks.values())
    counted = {
        "missing": missing,
        "unit_errors": errors,
        "unit_warnings": len(faulty) - errors - missing,
    }
    first = min(faulty, default=next(iter(unit.rows.values())))
    values: dict[str, Value] = {
        "missing": missing,
        "errors": errors,
        "warnings": counted["unit_warnings"],
        "target": f"#{quoted(unit.sheet.title)}{column_letters(unit.ANSWER)}{first}",
        "status": _status(form, counted, {}),
    }
    found = {unit.total(name): value for name, value in values.items()}
    return {**found, f"A{STATUS_ROW}": values["status"]}


def table_totals(member: MemberLayout, form: Form, checks: Sequence[str]) -> dict[str, Value]:
    """By address: what stands beside a table's title; `checks` are its 核对 cells."""
    error = label(form, "error")
    errors = sum(error in text for text in checks)
    missing = sum(f"({REQUIRED})" in text and error not in text for text in checks)
    warnings = sum(text != VERDICT_END for text in checks) - errors - missing
    first = next((n for n, text in enumerate(checks) if text != VERDICT_END), 0) + member.FIRST_ROW
    params = {"rows": member.sheet.rows_name, "counter": member.sheet.counter}
    counted = {"row_missing": missing, "row_errors": errors, "row_warnings": warnings}
    status = label(form, "nothing", **params)
    if checks:
        filled = label(form, "filled", **params, n=len(checks))
        status = filled + label(form, "separator") + _status(form, counted, params)
    letter = column_letters(member.columns[member.sheet.fields[0].key])
    values: dict[str, Value] = {
        "errors": errors,
        "warnings": warnings,
        "missing": missing,
        "target": f"#{quoted(member.sheet.title)}{letter}{first}",
        "status": status,
        "filled": len(checks),
        "beyond": False,
        "below": 0,
        "inserted": 0,
        "unchecked": 0,
        "foreign": 0,
        "faulty": 0,
        "today": (today() - EPOCH).days,
        "future": 0,
        "last": len(checks) + 1,
    }
    found = {member.total(name).replace("$", ""): value for name, value in values.items()}
    return {**found, f"A{STATUS_ROW}": status}


def _status(form: Form, counted: Mapping[str, int], params: Mapping[str, str]) -> str:
    """The twin of `summary._status`."""
    separator = label(form, "separator")
    parts = [label(form, key, **params, n=n) for key, n in counted.items() if n > 0]
    if not parts:
        return label(form, "all_clear")
    return separator.join([*parts, label(form, "jump")])
