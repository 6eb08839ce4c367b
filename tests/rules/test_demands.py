"""What rules demand as formulas is what they find in data."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd
import pytest

from converter.forms import loading
from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.logic.terms import Formula, names
from converter.model.clock import today
from converter.model.forms import Field, Form, Rule
from converter.model.issues import Level
from converter.rules import FAMILIES, derivations
from converter.rules.base import RuleFamily
from converter.rules.demands import Demand, Unknowns
from converter.validation import checking
from tests.forms.small import EVERY_KIND, submission
from tests.logic.evaluating import holds
from tests.people import id_number

UNITS, ROWS = 100, 3
CONDITIONS = (
    "unit.staff * 2 - unit.members >= sum(entity.members) and count(cadre) < 3",
    "unit.members == 3 if unit.founded_on + 30 > date('2026-01-15') else unit.staff != unit.cadres",
    "not (unit.staff * unit.cadres <= 9) or abs(unit.staff - unit.members) > 1",
)
# What only rules of one card agree on: whether it holds, no formula says.
UNSAID = {"found_in", "not_in"} | {
    name for name, family in FAMILIES.items() if type(family).demand is RuleFamily.demand
}

Record = Mapping[str, str]


def with_conditions(form: Form) -> Form:
    rules = [
        Rule(f"X9{n:02}", "must_hold", Level.ERROR, ("unit.staff",), {"condition": condition})
        for n, condition in enumerate(CONDITIONS)
    ]
    return replace(form, rules=(*form.rules, *rules))


_DERIVED: dict[tuple[str, str], str] = {}  # by field and source, in forms that derive alike


def derived(form: Form, path: str, text: str) -> str:
    if (path, text) not in _DERIVED:
        found = derivations.derive(form.field(path), pd.Series([text]))
        _DERIVED[path, text] = str(found.iloc[0])
    return _DERIVED[path, text]


@dataclass
class Drawn:
    """One unit's answers, and the formulas' names with their values for each of its rows."""

    form: Form
    record: Record
    rows: Mapping[str, Sequence[Record]]

    def derived(self, field: Field, record: Record) -> str:
        if not field.derive:
            return record.get(field.key, "")
        text = record.get(field.derive.source, "")
        return derived(self.form, field.path, text)

    def case(self, table: str, row: Record) -> dict[str, object]:
        found: dict[str, object] = {"today": today().toordinal()}
        for sheet, record in ((self.form.record, self.record), (self.form.sheet(table), row)):
            for field in sheet:
                text = self.derived(field, record)
                found[f"filled {field.path}"] = bool(text)
                found[field.path] = value(field, text)
        for sheet in self.form.tables:
            rows = self.rows[sheet.key]
            found |= {f"present {sheet.key}": True, f"rows {sheet.key}": len(rows)}
            for field in sheet:
                texts = [self.derived(field, one) for one in rows]
                for text in {"", *map(str, range(4)), *texts}:
                    found[f"rows {field.path} {text}"] = texts.count(text)
                if KINDS[field.kind].value_type is ValueType.COUNT:
                    found[f"total {field.path}"] = sum(map(int, texts))
        return found


def value(field: Field, text: str) -> object:
    kind = KINDS[field.kind].value_type
    if kind is ValueType.DATE:
        return date.fromisoformat(text or "1999-01-01").toordinal()
    return int(text or 0) if kind is ValueType.COUNT else text


def drawn_text(field: Field, form: Form, draw: random.Random, number: int) -> str:
    kind = KINDS[field.kind]
    if not field.required and draw.random() < 0.4:
        return ""
    if kind.unique_key:
        born = draw.choice(("19500229", "20080301", "19991231", "20100615", "19200101"))
        return id_number("130104", born.replace("0229", "0228"), 990 + number)
    if kind.value_type is ValueType.COUNT:
        return str(draw.randint(field.options.get("min", 0), 5))
    if kind.value_type is ValueType.DATE:
        return (
            today() + timedelta(draw.choice((-9000, -2000, -1827, -1826, -30, 0, 1)))
        ).isoformat()
    codes = kind.code_list(field, form)
    if codes:
        return draw.choice(codes.entries).code if kind.value_type is ValueType.CHOICE else ""
    return kind.example_of(field, form) if field.required or kind.example else ""


def answers(form: Form, draw: random.Random) -> Drawn:
    def record(sheet: str, number: int) -> Record:
        fields = [field for field in form.sheet(sheet) if not field.derive]
        return {field.key: drawn_text(field, form, draw, number) for field in fields}

    rows = {
        table.key: [record(table.key, n) for n in range(draw.randint(1, ROWS))]
        for table in form.tables
    }
    return Drawn(form, record(form.record.key, 0), rows)


def special(formula: Formula, case: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Names that stand for a computation."""
    for name in names(formula):
        if name.startswith("years "):
            _, years, path = name.split(" ")
            yield name, _years_after(date.fromordinal(int(str(case[path]))), int(years), path)
        elif name.startswith(("product ", "abs ")):
            staff, cadres, members = (
                int(str(case[f"unit.{k}"])) for k in ("staff", "cadres", "members")
            )
            yield name, abs(staff - members) if name.startswith("abs") else staff * cadres


def _years_after(day: date, years: int, path: str) -> int:
    """Days to the anniversary; of today, days since the same day those years ago."""
    turn = -years if path == "today" else years
    try:
        other = day.replace(year=day.year + turn)
    except ValueError:
        other = date(day.year + turn, *((2, 28) if turn < 0 else (3, 1)))
    return abs((other - day).days)


@pytest.mark.parametrize("name", ["fenbiao", "every_kind"])
def test_formulas_hold_where_rules_find_nothing(name: str) -> None:
    form = (
        loading.load(EVERY_KIND) if name == "every_kind" else loading.load(loading.form_dir(name))
    )
    form = with_conditions(form) if name == "fenbiao" else form
    unknowns, draw = Unknowns(form, today()), random.Random(20)
    demands: list[tuple[Rule, str, Demand]] = [
        (rule, path, FAMILIES[rule.family].demand(rule, path, unknowns))
        for rule in form.rules
        if rule.family not in UNSAID and not rule.options.get("by")
        and rule.family not in ("consecutive_days", "advise_from")
        for path in rule.at
    ]  # fmt: skip
    units = [answers(form, draw) for _ in range(UNITS)]
    given = [submission(form, unit=unit.record, **unit.rows) for unit in units]
    sheets = {sheet.title: sheet.key for sheet in form.sheets}
    seen: dict[tuple[str, bool], int] = {}
    for unit, one in zip(units, checking.check(given, form, today()), strict=True):
        found = {
            (issue.code, f"{sheets[issue.place.sheet]}.{issue.place.field}", issue.place.row)
            for issue in one.outcome.issues
        }  # fmt: skip
        cases = {
            (key, n): unit.case(key, row)
            for key, rows in {**unit.rows, form.record.key: [unit.record]}.items()
            for n, row in enumerate(rows)
        }
        for rule, path, demand in demands:
            sheet = form.sheet(path.partition(".")[0])
            records = [unit.record] if sheet.is_record else unit.rows[sheet.key]
            for number, record in enumerate(records):
                case = cases[sheet.key, number]
                if silenced(rule, case):
                    continue
                case |= dict(special(demand.kept, case))
                row = next((r for c, p, r in found if (c, p) == (rule.code, path)), 0)
                row = 5 + number if not sheet.is_record else row
                is_found = (rule.code, path, row) in found
                assert holds(demand.broken, case) is is_found, (rule.code, path, record)
                seen[rule.family, is_found] = seen.get((rule.family, is_found), 0) + 1
    families = {family for family, _ in seen}
    assert {(family, so) for family in families for so in (True, False)} == set(seen)


def silenced(rule: Rule, case: Mapping[str, object]) -> bool:
    """Whether a date of the future, an error of its own, keeps a rule about several cells silent."""
    if FAMILIES[rule.family].validates_one_cell(rule):
        return False
    late = {path for path, found in case.items() if "." in path and isinstance(found, int)
            and found > int(str(case["today"])) and found > 100_000}  # fmt: skip
    return bool(late)
