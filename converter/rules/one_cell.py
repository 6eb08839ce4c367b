"""One fault, one alarm: where a rule about one cell alone finds an error, rules that compare the
cell with others are silent.

A date in the future is an error by itself. That it also lies behind another date, or makes
somebody 600 years old, is the same slip and is not reported. Warnings and notes silence nothing,
and neither does an error that the clerk has explained, which is a warning. Both faces are here:
columns in which such cells count as faulty, and an expression for `Ref.usable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from converter.formulas.expressions import either
from converter.messages import catalogue
from converter.model.arrays import np, pd
from converter.model.forms import Form, Rule
from converter.model.issues import Level
from converter.rules import FAMILIES
from converter.rules.base import FormColumns, Ref, Refs, ValidatedColumn, Violation

Explained = Callable[[str, int], bool]  # of field path and record label: whether a reason is given


def one_cell_errors(form: Form, path: str = "") -> list[Rule]:
    """The rules (at a field) about one cell alone whose violations are errors."""
    return [
        rule
        for rule in form.rules
        if (not path or path in rule.at)
        and FAMILIES[rule.family].validates_one_cell(rule)
        and catalogue.entry(rule.code, form).level is Level.ERROR
    ]


def find_first(
    tables: FormColumns, explained: Explained
) -> tuple[FormColumns, Mapping[str, Sequence[Violation]]]:
    """What one-cell rules find, by code, and the columns as all other rules see them."""
    found = {
        rule.code: [*FAMILIES[rule.family].find(rule, tables)]
        for rule in one_cell_errors(tables.form)
    }
    wrong: dict[str, list[int]] = {}
    for rule in one_cell_errors(tables.form):
        for violation in found[rule.code]:
            if not (rule.explainable and explained(violation.path, violation.record)):
                wrong.setdefault(violation.path, []).append(violation.record)
    return _with_faulty(tables, wrong), found


def _with_faulty(tables: FormColumns, wrong: Mapping[str, Sequence[int]]) -> FormColumns:
    sheets = dict(tables.sheets)
    for path, records in wrong.items():
        sheet, _, key = path.partition(".")
        column = _faulty(sheets[sheet].columns[key], records)
        sheets[sheet] = replace(sheets[sheet], columns={**sheets[sheet].columns, key: column})
    return replace(tables, sheets=sheets)


def _faulty(column: ValidatedColumn, records: Sequence[int]) -> ValidatedColumn:
    """The column with the cells of some records in error."""
    index = column.blank.index
    faulty = column.faulty.to_numpy().copy()
    faulty[index.get_indexer(pd.Index(records))] = True
    text = np.where(faulty, "", column.text.to_numpy(dtype=object))
    return replace(
        column,
        faulty=pd.Series(faulty, index=index),
        text=pd.Series(text, index=index, dtype=object),
    )


# --- the Excel face ------------------------------------------------------------------------


@dataclass(frozen=True)
class _OwnCell:
    """References in which one field is usable as its kind says, whatever rules find there."""

    refs: Refs
    path: str
    usable: str

    @property
    def form(self) -> Form:
        return self.refs.form

    def at(self, path: str) -> Ref:
        ref = self.refs.at(path)
        return replace(ref, usable=self.usable) if path == self.path else ref


def excel_condition(rule: Rule, path: str, refs: Refs, usable: str) -> str | None:
    """The condition of a rule about one cell, which its own violation does not silence."""
    own: Refs = _OwnCell(refs, path, usable)  # type: ignore[assignment]  # no rows for one cell
    return FAMILIES[rule.family].excel(rule, path, own)


def excel_usable(path: str, refs: Refs, usable: str, explained: str) -> str:
    """Expression: TRUE where rules may compare a cell that its kind finds `usable`."""
    wrong = []
    for rule in one_cell_errors(refs.form, path):
        condition = excel_condition(rule, path, refs, "TRUE")
        if condition:
            explainable = rule.explainable and explained
            wrong.append(f"IF({explained},FALSE,{condition})" if explainable else condition)
    return f"IF({usable},NOT({either(wrong)}),FALSE)" if wrong else usable
