"""What stands in another table: shared by the families that compare with its rows.

The rule is silent while a row of that table lacks a usable value (it may be the very one), in a
submission without that table, and in a workbook with rows below the prepared ones, which formulas
do not see.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from converter.kinds.base import Mask, Texts, ValueType
from converter.kinds.options import CardOptions, FieldReference
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Form, Rule, sheet_of
from converter.model.issues import Params
from converter.rules.base import (
    PATH_PATTERN,
    Answers,
    Faults,
    FormColumns,
    Refs,
    RuleFamily,
    known_path,
    title,
)


class RowsPath(FieldReference):
    """The path of a field of a table whose rows are looked at. Where they must be `filled`, the
    form has to require the field."""

    holds = "rows_path"
    schema = MappingProxyType({"type": "string", "pattern": PATH_PATTERN})

    def __init__(
        self, wanted: ValueType | None = None, *, filled: bool = False, **more: Any
    ) -> None:
        super().__init__(**more)
        self.wanted, self.filled = wanted, filled

    def accept(self, card: CardOptions, form: Form) -> None:
        if not self.required and not self.given(card):
            return
        path = self(card)
        field = known_path(path, form, self.name, self.wanted)
        if form.sheet(field.sheet).is_record:
            raise self.refused("form_not_in_table", path, path=path)
        if self.filled and not field.required:
            raise self.refused("form_rows_required", path, path=path)


def texts_of(tables: FormColumns, path: str) -> tuple[Texts, Mask, pd.Series]:
    """Of the rows of a table: canonical texts, whether they are usable, their submissions."""
    column = tables.column(path)
    submissions = tables.table(path).submission
    return column.text.to_numpy(dtype=object), column.sound, submissions


def keys(submissions: pd.Series, texts: Texts) -> pd.MultiIndex:
    """Texts of one submission apart from those of another."""
    return pd.MultiIndex.from_arrays([submissions.to_numpy(dtype="int64"), texts])


def is_known(tables: FormColumns, path: str, of: pd.Series) -> Mask:
    """For each of some submissions: whether the table was there and all its rows are usable."""
    _, sound, submissions = texts_of(tables, path)
    unclear = set(submissions.to_numpy()[~sound].tolist())
    present = tables.present.get(sheet_of(path))
    absent = set() if present is None else set(present.index[~present.to_numpy(dtype=bool)])
    return np.array([one not in unclear and one not in absent for one in of], dtype=bool)


def excel_known(path: str, refs: Refs) -> str:
    """Expression: TRUE where all rows of the table are seen and usable."""
    return f"IF({refs.beyond(sheet_of(path))},FALSE,{refs.rows(path).usable})"


def apart(path: str, rows: str, answers: Answers) -> None:
    """Change the answers to a field that stand in rows of another table."""
    sheet, _, key = path.partition(".")
    table, _, other = rows.partition(".")
    listed = {row[other] for row in answers[table]}
    for row in answers[sheet]:
        while row[key] and row[key] in listed:
            row[key] += "9"


def rows_params(rows: str, form: Form) -> Params:
    """How a message names a field of a table and its sheet."""
    return {"rows": title(rows, form), "sheet": form.sheet(sheet_of(rows)).title}


class Listed(RuleFamily):
    """A value and whether it stands in a row of another table."""

    rows = RowsPath()

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        if self.rows(rule) in rule.at:
            raise option_error("rows", "form_rows_itself", self.rows(rule))

    def wrong(self, rule: Rule, path: str, tables: FormColumns) -> Mask:
        """The records at fault, where they are usable."""
        raise NotImplementedError

    def found(self, rule: Rule, path: str, tables: FormColumns) -> Mask:
        """The records whose value stands in a usable row."""
        texts, sound, submissions = texts_of(tables, self.rows(rule))
        listed = keys(submissions[sound], texts[sound])
        own, _, submission = texts_of(tables, path)
        found: Mask = keys(submission, own).isin(listed)
        return found

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        wrong = tables.column(path).sound & self.wrong(rule, path, tables)
        return Faults(wrong)

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return rows_params(self.rows(rule), form)

    def excel_found(self, rule: Rule, path: str, refs: Refs) -> str:
        """Expression: TRUE where the value stands in a row. Neither MATCH nor COUNTIF: they take
        digits for numbers, and a star for any text."""
        return f"SUMPRODUCT(--EXACT({refs.rows(self.rows(rule)).norm},{refs.at(path).norm}))>0"


def most_rows(refs: Refs) -> bool:
    """Whether a table is too long for formulas that compare each row with each."""
    return refs.prepared > refs.form.limits["live_duplicates"]
