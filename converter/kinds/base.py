"""What every kind is made of: cells in, normalised text, checks in order, two faces.

A kind is a class in a module of this folder. Its pandas face works on a whole column at once, its
Excel face writes formulas that come to the same verdicts. See `Kind` for the shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from converter.formulas import expressions
from converter.kinds.options import HasOptions
from converter.model.arrays import np, pd
from converter.model.cell_types import CellType
from converter.model.forms import CodeList, Field, Form
from converter.model.issues import Params

if TYPE_CHECKING:
    import numpy.typing as npt

V = TypeVar("V")
Mask: TypeAlias = "npt.NDArray[np.bool_]"
Texts: TypeAlias = "npt.NDArray[np.object_]"


@dataclass(frozen=True, slots=True)
class Cells:
    """One field over all rows of a batch. Both series share one unique index."""

    text: pd.Series  # str; '' = blank
    type: pd.Series  # int8, CellType
    beside: pd.Series | None = None  # codes of the choice that the kind depends on
    _known: dict[Callable[[Cells], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def once(self, make: Callable[[Cells], V]) -> V:
        """What a function makes of these cells: checks of one kind share their groundwork."""
        if make not in self._known:
            self._known[make] = make(self)
        found: V = self._known[make]
        return found

    def is_type(self, *types: CellType) -> Mask:
        return np.isin(self.type.to_numpy(), [int(t) for t in types])


@dataclass(frozen=True, slots=True)
class Normalised:
    """Canonical text beside the code of the note that says what was changed ('' = nothing).

    Text that cannot be read stays as it was typed; a check will name it.
    """

    text: pd.Series
    note: pd.Series


@dataclass(frozen=True, slots=True)
class Check:
    """One way to be wrong. `passes` sees normalised text with the original cell types and
    must not raise on anything; of several failing checks only the first is reported."""

    code: str
    passes: Callable[[Cells], Mask]


LATER = "later"  # in place of a code: formulas cannot read it, the check will


@dataclass(frozen=True, slots=True)
class ExcelCondition:
    """The Excel face of a check: an expression that is TRUE where the cell is wrong.

    Evaluated only for cells that are neither blank nor an error, in order, first one wins.
    Without a code it says that there is nothing wrong, whatever follows.
    """

    code: str
    wrong: str


ExcelConditions: TypeAlias = tuple[ExcelCondition, ...]


class ValueType(StrEnum):
    """What rules and tables may compute with in a kind's cells."""

    TEXT = "text"
    COUNT = "count"
    DECIMAL = "decimal"
    NUMBER = "number"  # what a card may ask for: a count or a decimal
    ORDINAL = "ordinal"  # a number that does not add up, such as a month
    YEAR = "year"
    DATE = "date"
    MONTH = "month"  # of a year: months of years are compared with each other alone
    CHOICE = "choice"
    CALENDAR = "calendar"  # what a card may ask for: a day, a month of a year or a year

    def is_a(self, wanted: ValueType) -> bool:
        several = {"number": "count decimal", "calendar": "date month year"}
        return self is wanted or self in several.get(wanted, "").split()


class Kind(HasOptions):
    """What one cell may hold. A kind has no state: everything it needs is on the field's card.

    This class is a kind that accepts any text as it is; siblings say only what differs.
    """

    name: ClassVar[str]  # as cards write it
    value_type: ClassVar[ValueType] = ValueType.TEXT
    number_format: ClassVar[str] = "@"  # of the cell
    personal: ClassVar[bool] = False  # reports mask it unless IDs are asked for
    unique_key: ClassVar[bool] = False  # tells the people of all units apart
    birth_and_sex: ClassVar[bool] = False  # both can be derived from it
    person_name: ClassVar[bool] = False  # a record is called by it
    reaches_people: ClassVar[bool] = False  # somebody answers there
    example: ClassVar[str] = ""  # a right answer, as it is typed
    width: ClassVar[float] = 14  # of a table's column, in characters, where the card says nothing
    schema_type: ClassVar[str] = "string"  # of a package's Table Schema
    schema_pattern: ClassVar[str] = ""  # of canonical text, where one expression can say it
    loosened_by: ClassVar[Mapping[str, Sequence[str]]] = {}  # constraint → its checks, if not all
    derivable: ClassVar[frozenset[str]] = frozenset()  # faults that hinder no derivation
    has_substitutes: ClassVar[bool] = False  # see `is_substitute`
    substitutes_need_reason: ClassVar[bool] = True
    offers_at: ClassVar[str] = ""  # the code of a fault, see `offered`
    excel_text_cell: ClassVar[bool] = False  # `excel_text` has a helper cell of its own

    def accept(self, field: Field, form: Form) -> None:
        """Refuse a card. Raises FormError."""
        for option in self.options().values():
            option.accept(field, form)

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        """Typed text → canonical text, and notes about what was rewritten."""
        return same_text(cells, cells.text, "")

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        """Every way to be wrong, in the order in which they are reported."""
        return ()

    def is_substitute(self, text: str) -> bool:
        """Whether a canonical text stands for what somebody has not: nothing derives from it."""
        return False

    def depends_on(self, field: Field) -> str:
        """The key of the choice beside it that says how a cell is to be checked; '' = none."""
        return ""

    def read_beside(self, field: Field) -> frozenset[str]:
        """The codes of that choice beside which a cell can be checked."""
        return frozenset()

    def beside(self, norm: str, field: Field) -> Kind:
        """The kind for formulas; `norm` is the cell with that choice's code."""
        return self

    def value(self, text: pd.Series, field: Field, form: Form) -> pd.Series:
        """Canonical text of sound cells → what rules compute with (Int64, datetime64, str).
        Blank and unsound cells come in as '' and go out as NA (or '' for str)."""
        return text

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        """What the message of this code fills in, for one failing cell."""
        return {}

    def note_params(self, code: str, raw: str, text: str) -> Params:
        """What a note on one rewritten cell fills in beside what it was and is."""
        return {}

    def example_of(self, field: Field, form: Form) -> str:
        """A right answer to a field, as it is typed."""
        return self.example

    def alike(self, text: str, field: Field, form: Form) -> Sequence[str]:
        """Right answers that differ from one in their last characters."""
        texts = pd.Series([f"{text[:-3]}{n:03}" for n in range(1000)], dtype=object)
        cells = Cells(texts, pd.Series(np.full(len(texts), CellType.TEXT, dtype=np.int8)))
        passing = np.ones(len(texts), dtype=bool)
        for check in self.checks(field, form):
            passing &= np.asarray(check.passes(cells), dtype=bool)
        return [str(found) for found in texts[passing]]

    def cell(self, text: str, field: Field, form: Form) -> str | int | float | date:
        """Canonical text → what a workbook's cell shall hold (label, date, number)."""
        return text

    def schema_constraints(self, field: Field, form: Form) -> Mapping[str, Any]:
        """Further constraints of a package's Table Schema."""
        return {}

    def decimal_places(self, field: Field) -> int:
        """The most digits after the point of a number."""
        return 0

    def shown_unit(self, field: Field) -> str:
        """What a number is counted in, where its cell's prompt says so."""
        return ""

    def code_list(self, field: Field, form: Form) -> CodeList | None:
        """The list whose codes are the canonical text."""
        return None

    def choices(self, field: Field, form: Form, record: Mapping[str, str]) -> tuple[str, ...]:
        """What a cell may hold, where that is a list; `record` is the canonical text of the other
        fields, for lists that depend on one."""
        return ()

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        """Expression: a typed text, cleaned, before it is read. What matters of a text is that
        whitespace alone is nothing."""
        return f'IF({expressions.without_whitespace(raw)}="","",{raw}&"")'

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        """Expression: the canonical value of a cleaned text; unreadable ones stay text."""
        return text

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        """Expression: the canonical value of a numeric cell; `text` is the number as a text."""
        return f'{raw}&""'

    def excel_cleaned(self, raw: str, field: Field, form: Form) -> str:
        """Formula of the helper cell for `excel_text`, of a text or a number."""
        text = excel_visible(raw, self.excel_text(raw, field, form))
        return f'IF(ISTEXT({raw}),{text},IF(ISNUMBER({raw}),{raw}&"",""))'

    def excel_norm(
        self, raw: str, field: Field, form: Form, cleaned: str = "", invisible: str = ""
    ) -> str:
        """Expression: the canonical value of the cell `raw`, '' when it is blank or holds no
        value at all. Unreadable values come out as text, and so do texts with invisible
        characters, unless `invisible` is another expression. `cleaned` is the helper cell of
        `excel_cleaned`, if there is one."""
        text = cleaned or self.excel_text(raw, field, form)
        found = self.excel_of_text(raw, text, field, form)
        if not cleaned:
            found = excel_visible(raw, found, invisible)
        number = self.excel_of_number(raw, cleaned or f'({raw}&"")', field, form)
        # A truth value is a number in LibreOffice, but not in Excel.
        number = f'IF(ISLOGICAL({raw}),"",IF(ISNUMBER({raw}),{number},""))'
        return f"IF(ISTEXT({raw}),{found},{number})"

    def excel_differs(self, raw: str, norm: str, field: Field, form: Form) -> str:
        """Expression: TRUE where what was typed over a derived cell reads as something else than
        `norm`; FALSE where only the check can read it."""
        typed = self.excel_norm(raw, field, form, invisible='""')
        return f"IF({self.excel_usable(typed)},{typed}<>{norm},FALSE)"

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        """The Excel face of `checks`; what it leaves out is the pipeline's alone."""
        return ()

    def offered(self, raw: str, field: Field, form: Form) -> str:
        """The right answer that 核对 offers beside the fault `offers_at`; '' = none."""
        return ""

    def excel_offered(self, norm: str, field: Field, form: Form) -> str:
        """Expression of the same."""
        return '""'

    def excel_substitute(self, norm: str) -> str:
        """Expression: TRUE where `norm`, which is usable, is a substitute."""
        return "FALSE"

    def excel_usable(self, norm: str) -> str:
        """Expression: TRUE where a rule may compute with `norm` (not blank, of the type)."""
        return f'{norm}<>""'

    def excel_sound(self, raw: str, norm: str, errors: Sequence[str]) -> str:
        """Expression: TRUE where `norm`, which is usable, is in no error. `errors` are those
        conditions of `excel_faults` that are errors."""
        return f"NOT({expressions.either(errors)})" if errors else "TRUE"

    def excel_value(self, text: str) -> str | float:
        """What `excel_norm` comes to for a sound canonical text, if that is no date."""
        return text

    def excel_list(self, field: Field, form: Form, norm_of: Callable[[str], str]) -> str:
        """Formula of the dropdown ('' = none). `norm_of(key)` is another field's norm cell
        of the same record, for lists that depend on it."""
        return ""


def excel_visible(raw: str, visible: str, otherwise: str = "") -> str:
    """Expression: what is made of a text without invisible characters; one that has some stays as
    it is (or is `otherwise`), unless nothing in it is visible."""
    count = expressions.count_invisible(raw)
    blank = f"LEN({expressions.without_whitespace(raw)})={count}"
    return f'IF({expressions.holds_invisible(raw)},IF({blank},"",{otherwise or raw}),{visible})'


# --- shared by the pandas faces ------------------------------------------------------------


def map_unique(series: pd.Series, fn: Callable[[str], Any]) -> pd.Series:
    """Apply a function once a distinct text: columns of choices, dates and counts repeat."""
    known = _Known(fn)
    mapped = [known[text] for text in series.array]
    return pd.Series(mapped, index=series.index, dtype=object)


class _Known(dict[str, Any]):
    """What a function made of the texts it has seen: a third of the time of a factorize."""

    def __init__(self, fn: Callable[[str], Any]) -> None:
        self.fn = fn

    def __missing__(self, text: str) -> Any:
        result = self[text] = self.fn(text)
        return result


def same_text(cells: Cells, text: pd.Series, note: str) -> Normalised:
    """The normalised `text`, with `note` wherever it differs from what was typed."""
    changed = text.to_numpy() != cells.text.to_numpy()
    same = text if changed.any() else cells.text  # what is known of the cells stays known
    return Normalised(same, pd.Series(np.where(changed, note, ""), index=text.index))


def texts(series: pd.Series) -> Texts:
    return series.to_numpy(dtype=object)


def map_cells(cells: Cells, fn: Callable[[str, CellType], str]) -> Texts:
    """Apply a function once a distinct text and cell type."""
    text, types = texts(cells.text), cells.type.to_numpy()
    result = np.full(len(text), "", dtype=object)
    for number in np.unique(types):
        chosen, cell_type = types == number, CellType(int(number))
        known = {t: fn(t, cell_type) for t in set(text[chosen].tolist())}
        result[chosen] = [known[t] for t in text[chosen].tolist()]
    return result


def failing(code: str, wrong: Callable[[Cells], Mask]) -> Check:
    """A check written the other way round. A blank cell is never wrong."""
    return Check(code, lambda cells: ~wrong(cells) | (texts(cells.text) == ""))


def by_verdict(codes: Sequence[str], validate: Callable[[Cells], Texts]) -> tuple[Check, ...]:
    """Checks that share one function: normalised cells → a code or '' for each."""

    def check(code: str) -> Check:
        return failing(code, lambda cells: np.asarray(cells.once(validate) == code, dtype=bool))

    return tuple(check(code) for code in codes)


def matches(text: pd.Series, accepts: Callable[[str], Any]) -> Mask:
    """TRUE where a function of the text finds anything (is truthy)."""
    return map_unique(text, accepts).to_numpy(dtype=bool)


def where(text: pd.Series, wanted: re.Pattern[str], between: str = "\n") -> npt.NDArray[np.int64]:
    """Positions of the texts in which a pattern is found. A column without it costs one search of
    all texts, joined by something that does not match."""
    listed = texts(text).tolist()
    if not wanted.search(between.join(listed)):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero([wanted.search(t) is not None for t in listed])


def matches_at(text: pd.Series, at: npt.NDArray[np.int64], accepts: Callable[[str], Any]) -> Mask:
    """Like `matches`, asking at some positions only: FALSE everywhere else."""
    result = np.zeros(len(text), dtype=bool)
    listed = texts(text)
    result[[n for n in at if accepts(listed[n])]] = True
    return result


def map_at(text: pd.Series, at: npt.NDArray[np.int64], fn: Callable[[str], str]) -> pd.Series:
    """The texts after a function has rewritten those at some positions."""
    listed = texts(text).copy()
    for n in at:
        listed[n] = fn(listed[n])
    return pd.Series(listed, index=text.index, dtype=object)


def numbers(cells: Cells) -> npt.NDArray[np.float64]:
    """The value of numeric cells, NaN for all others."""
    result, text = np.full(len(cells.text), np.nan), texts(cells.text)
    for at in np.flatnonzero(cells.is_type(CellType.NUMBER)):
        try:
            result[at] = float(text[at])
        except ValueError:  # rewritten by `normalise`
            continue
    return result
