"""Rules of a form that cannot be right: they contradict each other, always or never find anything,
or say what others say already.

Each question is whether some workbook exists (`converter.logic`). The form is described loosely
where formulas cannot say it exactly, so what is found is certain, and not everything is found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations

from converter.kinds import KINDS
from converter.logic.search import Labelled, conflict, connected
from converter.logic.terms import All, Formula, NotPositive, Some, names, negation
from converter.logic.whole_numbers import Undecided
from converter.model.forms import Form, Rule, sheet_of
from converter.model.issues import Level
from converter.rules import FAMILIES, conditions
from converter.rules.demands import Demand, Unknowns

_STRENGTHS = {Level.NOTE: 0, Level.WARNING: 1, Level.ERROR: 2}


class Doubt(StrEnum):
    """What is wrong with a rule, or with several."""

    CONTRADICTION = "contradiction"
    ALWAYS = "always"
    NEVER = "never"
    IMPLIED = "implied"
    UNPICKABLE = "unpickable"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class RuleDoubt:
    """Rules that look wrong; or an entry of a list that nobody can pick, by the codes of the rules
    that forbid it."""

    doubt: Doubt
    codes: tuple[str, ...]
    fields: tuple[str, ...] = ()  # whose cards have a part in it
    by: tuple[str, ...] = ()  # the rules that say the same already, or bring it about
    entry: str = ""


@dataclass(frozen=True, slots=True)
class _Demanded:
    """A rule and what it demands at one of its fields."""

    rule: Rule
    path: str
    demand: Demand

    @property
    def kept(self) -> Labelled:
        return self.rule.code, self.demand.kept

    @property
    def asks_for_blank(self) -> bool:
        return self.demand.holds == negation(Unknowns.filled_at(self.path))

    @property
    def is_about_blanks(self) -> bool:
        return self.asks_for_blank or self.demand.holds == Unknowns.filled_at(self.path)


def rule_doubts(form: Form, today: date) -> list[RuleDoubt]:
    """All that is found, contradictions first."""
    return _Doubts(form, today).found()


class _Doubts:
    def __init__(self, form: Form, today: date) -> None:
        self.form, self.unknowns = form, Unknowns(form, today)
        self.demanded = [
            _Demanded(rule, path, FAMILIES[rule.family].demand(rule, path, self.unknowns))
            for rule in form.rules
            for path in rule.at
        ]
        for sheet in form.sheets:
            for field in sheet:
                self.unknowns.describe(field)
        self.whole = [("", self.unknowns.present(table.key)) for table in form.tables]
        self.undecided: set[str] = set()

    def found(self) -> list[RuleDoubt]:
        alone = [doubt for rule in self.form.rules if (doubt := self._alone(rule))]
        wrong = {code for doubt in alone for code in doubt.codes}
        contradictions = self._contradictions(wrong)
        wrong |= {code for doubt in contradictions for code in doubt.codes}
        alone += self._notes(wrong)
        alone += self._unpickable(wrong)
        implied = self._implied(wrong)
        undecided = tuple(code for code in sorted(self.undecided) if code not in wrong)
        last = [RuleDoubt(Doubt.UNDECIDED, undecided)] if undecided else []
        return [*contradictions, *alone, *implied, *last]

    def _at(self, rule: Rule) -> list[_Demanded]:
        return [one for one in self.demanded if one.rule is rule]

    def _conflict(
        self, rules: Iterable[Labelled], formulas: Sequence[Labelled], about: Iterable[str]
    ) -> frozenset[str] | None:
        """The labels of what contradicts some formulas, among rules and all that is known."""
        near = connected([*self.unknowns.known, *rules], [formula for _, formula in formulas])
        try:
            return conflict([*formulas, *near])
        except Undecided:
            self.undecided |= set(about)
            return None

    def _alone(self, rule: Rule) -> RuleDoubt | None:
        """Whether a rule always or never finds anything, by the cards of its fields alone."""
        questions: tuple[tuple[Doubt, Callable[[Demand], list[Formula]]], ...] = (
            (Doubt.NEVER, lambda demand: [demand.broken]),
            (Doubt.ALWAYS, lambda demand: [demand.applies, demand.holds]),
        )
        for doubt, formulas in questions:
            found = [
                self._conflict((), [("", one) for one in formulas(at.demand)], [rule.code])
                for at in self._at(rule)
            ]
            certain = [labels for labels in found if labels is not None]
            if len(certain) == len(found) or (certain and doubt is Doubt.ALWAYS):
                return RuleDoubt(doubt, (rule.code,), self._fields(certain))
        return None

    def _contradictions(self, wrong: set[str]) -> list[RuleDoubt]:
        """Rules that no workbook satisfies: where one applies, where two conditions hold, and where
        every field that is compared is filled. A field that is to be blank is not compared."""
        binding = [d for d in self.demanded if d.rule.code not in wrong and _counts(d.rule)]
        compared = [one for one in binding if not one.asks_for_blank]
        found: dict[frozenset[str], RuleDoubt] = {}

        def ask(among: Sequence[_Demanded], formulas: Sequence[Labelled]) -> frozenset[str]:
            about = {code for code, _ in formulas}
            rules = [*self.whole, *(one.kept for one in among), *self._summed(among)]
            labels = self._conflict(rules, formulas, about) or frozenset()
            if codes := labels & {one.rule.code for one in binding}:
                given = Doubt.CONTRADICTION, tuple(sorted(codes)), self._fields([labels])
                found[codes] = RuleDoubt(*given)
            return codes

        for one in binding:
            among = binding if one.is_about_blanks else compared
            ask(among, [(one.rule.code, one.demand.applies)])
        conditional = [
            d for d in binding if isinstance(FAMILIES[d.rule.family], conditions.UnderCondition)
        ]
        for pair in combinations(conditional, 2):
            both = [(one.rule.code, one.demand.applies) for one in pair]
            if self._conflict((), both, ()) is None:
                ask(binding, both)
        while compared:
            spoken = {name for one in compared for name in names(one.demand.kept)}
            if not (codes := ask(compared, self._filled(spoken))):
                break
            compared = [one for one in compared if one.rule.code != max(codes)]
        return [doubt for codes, doubt in found.items() if not any(o < codes for o in found)]

    def _summed(self, among: Iterable[_Demanded]) -> Iterator[Labelled]:
        """What holds in every row, for the sums of the columns."""
        known = {formula for _, formula in self.unknowns.known}
        for one in among:
            table = self.form.sheet(sheet_of(one.path))
            totals = {f.path: self.unknowns.known_total(f.path) for f in table}
            for found in () if table.is_record else _certain(one.demand.kept, known):
                sums = [(totals.get(name), times) for name, times in found.sum.times.items()]
                rows = self.unknowns.rows(table.key) * found.sum.constant
                if all(total for total, _ in sums):
                    added = sum((total * times for total, times in sums if total), rows)
                    yield one.rule.code, NotPositive(added)

    def _filled(self, spoken: Iterable[str]) -> list[Labelled]:
        paths = [field.path for sheet in self.form.sheets for field in sheet]
        filled = [(path, Unknowns.filled_at(path)) for path in paths]
        return [one for one in filled if set(names(one[1])) & set(spoken)]

    def _notes(self, wrong: set[str]) -> list[RuleDoubt]:
        """Rules that only tell, and tell it always, since other rules see to that."""
        rules = [d.kept for d in self.demanded if d.rule.code not in wrong and _counts(d.rule)]
        found = []
        for one in self.demanded:
            code, demand = one.rule.code, one.demand
            if _counts(one.rule) or code in wrong:
                continue
            formulas = [("", demand.applies), ("", demand.holds)]
            labels = self._conflict([*self.whole, *rules], formulas, [code])
            if labels and (by := tuple(sorted(labels & {code for code, _ in rules}))):
                found.append(RuleDoubt(Doubt.ALWAYS, (code,), self._fields([labels]), by))
        return found

    def _unpickable(self, wrong: set[str]) -> Iterator[RuleDoubt]:
        """Entries of lists that some error forbids, whatever else is answered."""
        strict = [
            d.kept
            for d in self.demanded
            if d.rule.level is Level.ERROR and not d.rule.explainable and d.rule.code not in wrong
        ]
        rules = [*self.whole, *strict]
        spoken = {name for _, formula in rules for name in names(formula)}
        for field in (f for sheet in self.form.sheets for f in sheet if f.path in spoken):
            listed = KINDS[field.kind].code_list(field, self.form)
            for entry in listed.entries if listed else ():
                chosen = [("", self.unknowns.chosen(field.path, (entry.code,)))]
                labels = self._conflict(rules, chosen, ())
                if labels and (by := tuple(sorted(labels & {code for code, _ in strict}))):
                    yield RuleDoubt(Doubt.UNPICKABLE, (), (field.path,), by, entry.label)

    def _implied(self, wrong: set[str]) -> list[RuleDoubt]:
        """Rules that find nothing that others, no weaker than they, do not find as well."""
        left = [d for d in self.demanded if d.rule.code not in wrong]
        found = []
        for rule in reversed(self.form.rules):
            own = [one for one in left if one.rule is rule]
            others = [d.kept for d in left if d.rule is not rule and _is_as_strong(d.rule, rule)]
            labels = []
            for one in own:
                by = self._conflict(others, [("", one.demand.broken)], [rule.code])
                if by is None:
                    break
                labels.append(by)
            if not own or len(labels) < len(own):
                continue
            codes = tuple(sorted({d.rule.code for d in left} & frozenset().union(*labels)))
            found.append(RuleDoubt(Doubt.IMPLIED, (rule.code,), self._fields(labels), codes))
            left = [one for one in left if one.rule is not rule]
        return found[::-1]

    def _fields(self, labels: Iterable[frozenset[str]]) -> tuple[str, ...]:
        paths = {field.path for sheet in self.form.sheets for field in sheet}
        return tuple(sorted(paths & frozenset().union(*labels)))


def _certain(formula: Formula, known: Collection[Formula]) -> Iterator[NotPositive]:
    """The comparisons that a formula comes to where what is known holds."""
    match formula:
        case NotPositive():
            yield formula
        case All():
            for part in formula.parts:
                yield from _certain(part, known)
        case Some():
            left = [part for part in formula.parts if not _excluded(part, known)]
            if len(left) == 1:
                yield from _certain(left[0], known)


def _excluded(formula: Formula, known: Collection[Formula]) -> bool:
    if isinstance(formula, Some):
        return all(_excluded(part, known) for part in formula.parts)
    return negation(formula) in known


def _counts(rule: Rule) -> bool:
    """Whether somebody is asked to do something where it finds anything."""
    return rule.level is not Level.NOTE


def _is_as_strong(rule: Rule, than: Rule) -> bool:
    """Whether a rule is no weaker than another: in level, and in what a reason excuses."""
    strengths = [-1 if one.beta else _STRENGTHS[one.level] for one in (rule, than)]
    return strengths[0] >= strengths[1] and (than.explainable or not rule.explainable)
