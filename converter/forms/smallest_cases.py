"""From the cards alone: a smallest good submission, and for each rule and field one that breaks
this rule there and no other.

Every table gets as few rows as can be. The first row is a case of its own, all others are alike.
What formulas leave open (who a person is, how a place is called) is filled in with the examples of
the kinds. Whether it is right is for the check to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.kinds.decimal import plain
from converter.kinds.id_number import check_character
from converter.logic.search import Labelled, Model, model
from converter.logic.terms import ALWAYS, NEVER, Formula, NotPositive, Sum, equal, implies, negation
from converter.logic.whole_numbers import Undecided
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form, Rule, Sheet, sheet_of
from converter.model.submissions import RawColumn, RawSheet, Stamp, Submission
from converter.rules import FAMILIES
from converter.rules.demands import Demand, Unknowns, answer_range
from converter.rules.unique import Unique
from converter.rules.within_years import years_before

FIRST_DAY, USUAL_DAY = date(1900, 3, 1), date(2001, 6, 15)
MOST_ROWS = 60  # of a table
TYPES = {
    ValueType.COUNT: CellType.NUMBER,
    ValueType.DECIMAL: CellType.NUMBER,
    ValueType.ORDINAL: CellType.NUMBER,
    ValueType.YEAR: CellType.NUMBER,
    ValueType.DATE: CellType.DATE,
    ValueType.MONTH: CellType.TEXT,
}


@dataclass(frozen=True, slots=True)
class CheckCase:
    """A submission in which one check finds something at one field; None where there is none."""

    code: str
    path: str
    submission: Submission | None


_Demanded = tuple[Rule, str, int, Demand]  # rule, field, which row


class _OfRows(Unknowns):
    """What rules speak of where tables have so many rows: the first one, and others like the
    second. All rows hold the same in the field `alike`."""

    def __init__(self, form: Form, today: date, counts: Mapping[str, int], alike: str) -> None:
        self.row, self.day, self.counts, self.alike = 0, today, counts, alike
        self.paths = {field.path for table in form.tables for field in table}
        super().__init__(form, today, years_ahead=0)

    def variable(self, path: str) -> str:
        return f"{path}#{self.row}" if path in self.paths else path

    def value(self, path: str, places: int = 0) -> Sum:
        found = super().value(path)
        if KINDS[self.form.field(path).kind].value_type is ValueType.DATE:
            usual = (path, NotPositive(found * -1 + FIRST_DAY.toordinal()))
            if usual not in self.known:
                self.known.append(usual)
        return super().value(path, places)

    def years_back(self, years: int) -> Sum:
        return Sum({}, (self.day - years_before(self.day, years)).days)

    def years(self, years: int, after: str) -> Sum:
        """So many days that it is never too early."""
        return Sum({}, self.limits(super().years(years, after))[1])

    def present(self, table: str) -> Formula:
        return ALWAYS if self.counts[table] else NEVER

    def rows(self, table: str) -> Sum:
        return Sum({}, self.counts[table])

    def _times(self, path: str) -> Iterator[int]:
        """How often each kind of row stands there, which is then the row that is spoken of."""
        before = self.row
        count = self.counts[sheet_of(path)]
        for row, times in enumerate((1, count - 1)[:count]):
            self.row = row
            yield times
        self.row = before

    def rows_among(self, path: str, codes: object) -> tuple[Sum, Sum]:
        assert isinstance(codes, tuple)
        least = most = Sum({})
        for times in self._times(path):
            counts = (self.chosen(path, codes), negation(self.filled(path)))
            one, unclear = (self._as_number(formula) * times for formula in counts)
            least, most = least + one, most + one + unclear
        return least, most

    def _as_number(self, formula: Formula) -> Sum:
        """1 where it holds, else 0."""
        found = self.number(f"whether {formula}", 0, 1)
        same = (implies(formula, equal(found, 1)), implies(negation(formula), equal(found, 0)))
        self.known += [("", one) for one in same]
        return found

    def rows_alike(self, by: str, same: str) -> Sum:
        is_named = self.row == 0 or same == self.alike
        return Sum({}, self.counts[sheet_of(by)] if is_named else 0)

    def total(self, path: str, places: int = 0) -> Sum:
        found = Sum({})
        for times in self._times(path):
            found = found + self.value(path, places) * times
        return found

    def describe_all(self) -> None:
        for sheet in self.form.sheets:
            for row in range(1 if sheet.is_record else min(self.counts[sheet.key], 2)):
                self.row = row
                for field in sheet:
                    self.describe(field)
                    self._describe_derived(field)
        self.row = 0

    def _describe_derived(self, field: Field) -> None:
        """An example's number is a citizen's, from which everything follows."""
        if field.derive:
            source = f"{field.sheet}.{field.derive.source}"
            if KINDS[self.form.field(source).kind].birth_and_sex:
                for path, other in ((source, field.path), (field.path, source)):
                    self.known.append(("", implies(self.filled(path), self.filled(other))))


class SmallestCases:
    """The cases of one form."""

    def __init__(self, form: Form, today: date) -> None:
        self.form, self.today = form, today
        self._known: dict[tuple[object, ...], tuple[_OfRows, list[_Demanded]]] = {}

    def good(self, *, filled: str = "") -> Submission | None:
        """A submission that keeps every rule, with an answer to one field if that is wished."""
        counts = dict.fromkeys((table.key for table in self.form.tables), 1)
        unknowns, demands = self._demands(counts, "")
        wish = [("", unknowns.filled(filled))] if filled else []
        for at in ("", filled):  # where a rule forbids an answer, one against this rule alone
            rules = [(r.code, d.kept) for r, path, _, d in demands if not at or path != at]
            if found := self._model([*wish, *unknowns.known, *rules]):
                return self._submission(found, counts, None)
        return None

    def bad(self) -> Iterator[CheckCase]:
        for rule in self.form.rules:
            for path in rule.at:
                yield CheckCase(rule.code, path, self._breaking(rule, path))

    def _breaking(self, rule: Rule, path: str) -> Submission | None:
        alike = path if rule.family == Unique.name else ""
        for counts in self._row_counts(rule, path):
            unknowns, demands = self._demands(counts, alike)
            first = (d.broken for r, p, n, d in demands if (r, p, n) == (rule, path, 0))
            others = [(r.code, d.kept) for r, *_, d in demands if r is not rule]
            found = self._model([*(("", one) for one in first), *unknowns.known, *others])
            if found and (case := self._submission(found, counts, (rule, path))):
                return case
        return None

    def _row_counts(self, rule: Rule, path: str) -> Iterator[Mapping[str, int]]:
        """How many rows the tables may have: one, more of the rule's own table, more of all; none
        where a unit sends its tables in another file."""
        numbers = {n for n in rule.options.values() if isinstance(n, int) and 2 < n <= MOST_ROWS}
        tables = [table.key for table in self.form.tables]
        one = dict.fromkeys(tables, 1)
        yield one
        for rows in (2, *sorted(numbers)):
            own = sheet_of(path)
            if own in one:
                yield {**one, own: rows}
            yield dict.fromkeys(tables, rows)
        if sheet_of(path) not in one:
            yield dict.fromkeys(tables, 0)

    def _demands(self, counts: Mapping[str, int], alike: str) -> tuple[_OfRows, list[_Demanded]]:
        key = (*counts.items(), alike)
        if key not in self._known:
            unknowns = _OfRows(self.form, self.today, counts, alike)
            unknowns.describe_all()
            demands = []
            for rule in self.form.rules:
                for path in rule.at:
                    for row in range(min(counts.get(sheet_of(path), 1), 2)):
                        unknowns.row = row
                        demand = FAMILIES[rule.family].demand(rule, path, unknowns)
                        demands.append((rule, path, row, demand))
                    unknowns.row = 0
            self._known[key] = unknowns, demands
        return self._known[key]

    def _model(self, formulas: list[Labelled]) -> Model | None:
        dates = {
            f"{field.path}{row}": USUAL_DAY.toordinal()
            for sheet in self.form.sheets
            for field in sheet
            if KINDS[field.kind].value_type is ValueType.DATE
            for row in ("", "#0", "#1")
        }
        try:
            return model(formulas, dates)
        except Undecided:
            return None

    # --- answers -------------------------------------------------------------------------------

    def _submission(
        self, found: Model, counts: Mapping[str, int], broken: tuple[Rule, str] | None
    ) -> Submission | None:
        texts = {
            sheet.key: [
                {
                    field.key: _Answer(self.form, found, field, n, sheet.is_record).text()
                    for field in sheet
                }
                for n in range(counts.get(sheet.key, 1))
            ]
            for sheet in self.form.sheets
        }
        kept = [(r, path) for r in self.form.rules for path in r.at if (r, path) != broken]
        rounds = 2 if all(counts.values()) else 0  # some look at what others change
        for rule, path in kept * rounds:
            FAMILIES[rule.family].arrange(rule, path, texts, self.form)
        if broken and not FAMILIES[broken[0].family].disarrange(*broken, texts, self.form):
            return None
        sheets = {key: _sheet(self.form.sheet(key), rows) for key, rows in texts.items() if rows}
        return Submission(f"{self.form.id}.xlsx", sheets, Stamp(self.form.id, self.form.version))


@dataclass(frozen=True, slots=True)
class _Answer:
    """One cell of a case."""

    form: Form
    found: Model
    field: Field
    row: int
    is_record: bool

    def text(self) -> str:
        field, kind = self.field, KINDS[self.field.kind]
        if field.derive or not self._is_filled():
            return ""
        if kind.birth_and_sex:
            return self._number()
        if kind.value_type in TYPES:
            low, high = answer_range(field, self.form)
            usual = min(max(USUAL_DAY.toordinal(), low), high)  # where no rule asks for another
            number = self.found.numbers.get(self._named(field), usual)
            is_date = kind.value_type is ValueType.DATE
            if is_date:
                return date.fromordinal(number).isoformat()
            if kind.value_type is ValueType.MONTH:
                return f"{number // 12}-{number % 12 + 1:02}"
            return plain(Decimal(number).scaleb(-kind.decimal_places(field)))
        codes = kind.code_list(field, self.form)
        if codes and kind.value_type is ValueType.CHOICE:
            left = self.found.choices.get(self._named(field))
            code = next(e.code for e in codes.entries if left is None or e.code in left)
            return str(kind.cell(code, field, self.form))
        return kind.example_of(field, self.form)

    def _named(self, field: Field) -> str:
        return field.path if self.is_record else f"{field.path}#{min(self.row, 1)}"

    def _is_filled(self) -> bool:
        return self.found.facts.get(f"filled {self._named(self.field)}", False)

    def _number(self) -> str:
        """A citizen's number that nobody has, from which follows what must follow."""
        born, man = USUAL_DAY, True
        for field in self.form.sheet(self.field.sheet):
            if not field.derive or field.derive.source != self.field.key:
                continue
            if KINDS[field.kind].value_type is ValueType.DATE:
                day = self.found.numbers.get(self._named(field), USUAL_DAY.toordinal())
                born = date.fromordinal(day)
            else:
                man = "1" in self.found.choices.get(self._named(field), ("1",))
        table = [sheet.key for sheet in self.form.sheets].index(self.field.sheet)
        sequence = 999 - 2 * (self.row + table * MOST_ROWS) - (0 if man else 1)
        digits = f"{KINDS['id_number'].example[:6]}{born:%Y%m%d}{sequence}"
        return digits + check_character(digits)


def _sheet(sheet: Sheet, rows: list[dict[str, str]]) -> RawSheet:
    columns = {}
    for field in sheet:
        texts = [row[field.key] for row in rows]
        type_ = TYPES.get(KINDS[field.kind].value_type, CellType.TEXT)
        columns[field.key] = RawColumn(texts, [type_ if text else CellType.BLANK for text in texts])
    at = {f.key: (4 + n, 2) if sheet.is_record else (0, 2 + n) for n, f in enumerate(sheet)}
    numbers = [0] if sheet.is_record else list(range(5, 5 + len(rows)))
    return RawSheet(sheet.title, columns, numbers, at, {})
