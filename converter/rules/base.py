"""What every rule family is made of. A family is a class in a module of this folder.

Its pandas face finds the records at fault over a whole batch; its Excel face is one
condition that is TRUE in the same cases. Rules run only where all their inputs are usable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from converter.kinds import KINDS
from converter.kinds.base import Mask, ValueType
from converter.kinds.options import CardOptions, FieldReference, HasOptions, Option
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Field, Form, Rule, sheet_of
from converter.model.issues import Params
from converter.rules.demands import Demand, Unknowns

if TYPE_CHECKING:
    import numpy.typing as npt


Answers = Mapping[str, list[dict[str, str]]]  # sheet key → records → field key → text


@dataclass(frozen=True, slots=True)
class ValidatedColumn:
    """One field over all records of a batch, validated. All series share the table's index."""

    raw: pd.Series  # as typed
    typed: pd.Series  # canonical text of what was typed ('' = blank or unreadable)
    text: pd.Series  # canonical text: `typed`, or what it was derived to ('' = none)
    value: pd.Series  # of `text`: Int64, datetime64, str; NA or '' where there is none
    blank: pd.Series  # bool: nothing typed (derived fields: nothing derived)
    faulty: pd.Series  # bool: typed, but in error

    @property
    def usable(self) -> pd.Series:
        return pd.Series(self.sound, index=self.blank.index)

    @property
    def sound(self) -> Mask:
        """`usable` as a plain array: a rule over one unit is nothing but fixed costs."""
        sound: Mask = ~(self.blank.to_numpy() | self.faulty.to_numpy())
        return sound


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """All records of one sheet over a batch of submissions."""

    columns: Mapping[str, ValidatedColumn]  # by field key
    submission: pd.Series  # int: which submission a record belongs to

    @property
    def index(self) -> pd.Index:
        return self.submission.index


@dataclass(frozen=True, slots=True)
class FormColumns:
    """What a rule sees. The record sheet has one record a submission and its index is the
    submission's number; a submission without that sheet has no record."""

    sheets: Mapping[str, SheetColumns]  # by sheet key
    today: date
    form: Form
    # By sheet key, bool a submission: the sheet was there, whole. One that is not named always was.
    present: Mapping[str, pd.Series] = field(default_factory=dict)

    @property
    def record(self) -> SheetColumns:
        return self.sheets[self.form.record.key]

    def table(self, path: str) -> SheetColumns:
        """The sheet on which a field stands."""
        return self.sheets[sheet_of(path)]

    def column(self, path: str) -> ValidatedColumn:
        return self.table(path).columns[path.partition(".")[2]]


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation: at which field of which record (an index label of its table)."""

    path: str
    record: int
    params: Params = field(default_factory=dict)
    related: tuple[tuple[str, int], ...] = ()  # (field path, record)
    runs: tuple[tuple[int, int], ...] = ()  # first and last records whose rows the message names


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong at one field over a batch. The functions see a record's position."""

    mask: Mask  # the records at fault
    params: Callable[[int], Params] = lambda at: {}  # beside `message_params`
    related: Callable[[int], Sequence[str]] = lambda at: ()  # field paths of the same record


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a field stands in the workbook, as expressions.

    For a field of the same record: one cell. From `Refs.rows`: the whole column.
    """

    raw: str  # what the clerk typed
    norm: str  # its canonical value ('' = blank; choice: the code; date: serial or text)
    blank: str  # TRUE where nothing was typed
    usable: str  # TRUE where it is neither blank nor in error


class Refs(Protocol):
    """How a family's Excel face finds its cells; the template supplies it."""

    @property
    def form(self) -> Form: ...

    def at(self, path: str) -> Ref:
        """A field of the same record (or of the record sheet)."""

    def rows(self, path: str) -> Ref:
        """A column of a table, all prepared rows; `usable` is TRUE where every filled row of it has
        a usable value, `blank` is ''."""

    def rows_without_formulas(self, path: str) -> tuple[str, str]:
        """A column of a table's rows that have lost their formulas, which `rows` sees blank, and
        beside each cell 1 where there is such a row."""

    def filled_rows(self, table: str) -> str:
        """Expression: how many prepared rows of a table are filled."""

    def beyond(self, table: str) -> str:
        """Expression: TRUE where something stands below the prepared rows of a table."""

    @property
    def prepared(self) -> int:
        """How many rows the tables of the workbook are prepared for."""

    @property
    def row_number(self) -> str:
        """Expression: this record's row, counted from the heading's."""

    @property
    def heading_row(self) -> str:
        """Expression: the sheet row of the heading."""

    def first_alike(self, path: str) -> str:
        """Expression: the first row that has this record's value, counted from the heading's."""


class RuleFamily(HasOptions):
    """What several cells owe each other. A family has no state: everything it needs is on the
    rule's card. Siblings say how they find violations and what their condition in Excel is."""

    name: ClassVar[str]  # as cards write it
    at_type: ClassVar[ValueType | None] = None  # what the cells must hold at which it reports
    # Whether it looks at the day of the check. A table's formulas do not: a whole table would be
    # computed anew at every edit. There the summary counts dates of the future, the check tells.
    about_today: ClassVar[bool] = False

    def accept(self, rule: Rule, form: Form) -> None:
        """Refuse a card. Raises FormError."""
        others: list[str] = []
        for option in self.options().values():
            option.accept(rule, form)
            others += option.paths(rule)
        for path in rule.at:
            known_path(path, form, "at", self.at_type)
        if others:
            same_sheet(rule, *others)

    def validates_one_cell(self, rule: Rule) -> bool:
        """Whether the rule needs nothing but the cell at which it reports. Where such a rule finds
        an error, rules that compare the cell with others are silent (see `one_cell`)."""
        return False

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        """Every violation over a batch."""
        for path in rule.at:
            faults = self.faults(rule, path, tables)
            known = self.message_params(rule, path, tables.form)
            for at, record in labels(tables.column(path), faults.mask):
                related = tuple((other, record) for other in faults.related(at))
                yield Violation(path, record, {**known, **faults.params(at)}, related)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        """What is wrong at one field of the rule."""
        raise NotImplementedError

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        """Condition that is TRUE where the record is at fault at `path`, or None where only
        the pipeline can tell. Must guard its inputs with Ref.usable (or Ref.blank)."""
        raise NotImplementedError

    def excel_row(self, rule: Rule, path: str, refs: Refs) -> str:
        """Expression: the sheet row that the workbook's message names as {row} ('' = none)."""
        return ""

    def is_live(self, path: str, form: Form) -> bool:
        """Whether formulas can tell at a field at all."""
        return not self.about_today or form.sheet(sheet_of(path)).is_record

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        """What it asks at a field, for whoever looks for contradictions. What no formula says is a
        fact on which rules of one kind agree."""
        options = (f"{name}={value}" for name, value in sorted(rule.options.items()))
        return Demand(unknowns.filled(path), unknowns.fact(self.name, path, *options))

    def arrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> None:
        """Change answers so that they keep what `demand` leaves open."""

    def disarrange(self, rule: Rule, path: str, answers: Answers, form: Form) -> bool:
        """Change answers so that the first record that can breaks it; FALSE where none can."""
        return True

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        """What the family's messages fill in that is known from the card alone (titles,
        limits): used for the 核对 column and the catalogue."""
        return {}


def title(path: str, form: Form) -> str:
    return form.field(path).title


# --- shared by the pandas faces ------------------------------------------------------------


def numbers(column: ValidatedColumn) -> npt.NDArray[np.float64]:
    """Counts as floats, NaN where they are not usable (and every comparison is False)."""
    found = column.value.to_numpy(dtype="float64", na_value=np.nan)
    return np.where(column.sound, found, np.nan)


def days(column: ValidatedColumn) -> npt.NDArray[np.datetime64]:
    """Dates as whole days, NaT where they are not usable (and every comparison is False)."""
    found = column.value.to_numpy(dtype="datetime64[D]")
    return np.where(column.sound, found, np.datetime64("NaT", "D"))


def labels(column: ValidatedColumn, mask: Mask) -> Iterator[tuple[int, int]]:
    """Position and record label of every record in a mask."""
    if not mask.any():
        return iter(())
    at = np.flatnonzero(mask)
    return zip(at.tolist(), column.blank.index[at].tolist(), strict=True)


# --- shared by the cards -------------------------------------------------------------------


def known_path(path: Any, form: Form, option: str, wanted: ValueType | None = None) -> Field:
    """The field of a path. Raises FormError."""

    def fits(field: Field) -> bool:
        return wanted is None or KINDS[field.kind].value_type.is_a(wanted)

    found = None
    if isinstance(path, str):
        with suppress(StopIteration):
            found = form.field(path)
    if found is not None and fits(found):
        return found
    fitting = [field.path for sheet in form.sheets for field in sheet if fits(field)]
    if found is None:
        raise option_error(option, "form_no_field", path, fitting)
    params = {"path": path, "kind": found.kind, "wanted": _called(wanted)}
    raise option_error(option, "form_field_kind", path, fitting, **params)


def same_sheet(rule: Rule, *paths: str) -> None:
    """Refuse a card whose fields stand on different sheets."""
    sheets = {sheet_of(path) for path in (*rule.at, *paths)}
    if len(sheets) > 1:
        raise option_error("at", "form_one_sheet", list(rule.at))


PATH_PATTERN = r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$"  # sheet.field


def _called(wanted: ValueType | None) -> str:
    several = {ValueType.NUMBER: "count、decimal", ValueType.CALENDAR: "date、year_month、year"}
    return several.get(wanted, str(wanted)) if wanted else ""


class FieldPath(FieldReference):
    """The path of another field of the same record."""

    holds = "field_path"
    schema = MappingProxyType({"type": "string", "pattern": PATH_PATTERN})

    def __init__(self, wanted: ValueType | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.wanted = wanted

    def accept(self, card: CardOptions, form: Form) -> None:
        if self.required or self.given(card):
            known_path(self(card), form, self.name, self.wanted)

    def paths(self, card: CardOptions) -> Sequence[str]:
        return (self(card),) if self.required or self.given(card) else ()


class FieldPaths(Option[tuple[str, ...]]):
    """Paths of other fields of the same record."""

    holds = "field_paths"
    schema = MappingProxyType(
        {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": PATH_PATTERN}}
    )

    def __init__(self, wanted: ValueType | None = None) -> None:
        super().__init__()
        self.wanted = wanted

    def read(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise self.refused("form_at", value)
        return tuple(value)

    def accept(self, card: CardOptions, form: Form) -> None:
        for path in self(card):
            known_path(path, form, self.name, self.wanted)

    def paths(self, card: CardOptions) -> Sequence[str]:
        return self(card)
