"""A field before pandera sees it: faults of the cells themselves, then the kind's reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from converter.kinds import KINDS
from converter.kinds.base import Cells, Mask, ValueType
from converter.kinds.date import names_month_only
from converter.kinds.nothing import ANSWER, NOTHING, THE_SAME, stands_for
from converter.kinds.tolerance import NOT_A_NAME, NOT_FILLED, REPEATED
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text import characters
from converter.text.display import one_line
from converter.validation.lookup import checks, is_error, tolerated
from converter.validation.results import CellViolations

TYPE_FAULTS = {CellType.ERROR: "K002", CellType.UNCALCULATED: "K003", CellType.BOOL: "K004"}
CONTROL, TIDIED = "K005", "K901"
LEFT_BLANK = "K906"  # a word for nothing, in an optional item
# Control characters but tab and line ends, lone surrogates, and what XML cannot hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

WORTH_SORTING = 64  # cells; fewer are validated as fast as they are sorted

Texts = npt.NDArray[np.object_]
Words = Callable[[str, str, str], Params]  # of code, what was typed, canonical text


@dataclass(frozen=True, slots=True)
class DistinctCells:
    """The cells that a kind is asked about, each distinct one once: what a cell may hold
    depends on nothing but the cell, and columns repeat themselves."""

    cells: Cells
    at: npt.NDArray[np.intp]  # positions in the column
    which: npt.NDArray[np.intp]  # of each position: its place in `cells`

    def kept(self, keep: Mask) -> DistinctCells:
        """Without the distinct cells that are not to be kept."""
        if keep.all():
            return self
        stay, number = keep[self.which], np.cumsum(keep) - 1
        beside = self.cells.beside
        cells = Cells(
            self.cells.text[keep],
            self.cells.type[keep],
            beside if beside is None else beside[keep],
        )
        return DistinctCells(cells, self.at[stay], number[self.which[stay]])


@dataclass(slots=True)
class FieldState:
    """A field on its way to a Column. Arrays, not Series: a batch may be a single record."""

    field: Field
    cells: Cells
    raw: Texts
    text: Texts  # canonical; '' where there is nothing or nothing could be read
    note: Texts | None  # codes of notes; None where nothing was noted
    blank: Mask
    faulty: Mask
    codes: dict[int, str]  # position → code of a fault of the cell itself
    explained: Mask | None = None  # a reason is given for the record; None where for none
    substitute: Mask | None = None  # accepted with that reason: nothing follows from it
    tolerated: Mask | None = None  # in error elsewhere, but not in this form
    distinct: DistinctCells | None = None  # the canonical text of filled cells, if there are any

    @property
    def index(self) -> pd.Index:
        return self.cells.text.index

    def series(self, values: Texts) -> pd.Series:
        return pd.Series(values, index=self.index, dtype=object)

    def found(
        self, at: npt.NDArray[np.intp], codes: Sequence[str], params: Words
    ) -> CellViolations:
        """What was found at these positions, by the texts as they now are."""
        return CellViolations(
            self.field.key,
            self.index.to_numpy(dtype="int64")[at],
            codes,
            self.raw[at],
            self.text[at],
            params,
        )

    def find_substitutes(self) -> None:
        """Mark what is accepted without a reason, though nothing follows from it."""
        kind = KINDS[self.field.kind]
        if kind.has_substitutes and not kind.substitutes_need_reason:
            found = np.array([t != "" and kind.is_substitute(t) for t in self.text], dtype=bool)
            if self.tolerated is not None:
                found &= ~self.tolerated
            self.substitute = found if found.any() else None

    def type_faults(self, form: Form) -> CellViolations:
        in_row = {} if form.sheet(self.field.sheet).is_record else {"variant": "row"}
        kind = KINDS[self.field.kind]
        is_own = in_row and (kind.birth_and_sex or kind.person_name)  # no two people's are alike
        at = sorted(self.codes)
        positions = np.array(at, dtype=np.intp)

        def params(code: str, raw: str, text: str) -> Params:
            typed = {"typed": characters.strip(raw), **in_row}
            if code == REPEATED and is_own:
                typed["variant"] = "own"
            return typed if code in (NOT_A_NAME, NOT_FILLED, REPEATED) else {}

        return self.found(positions, [self.codes[n] for n in at], params)

    def notes(self, form: Form) -> CellViolations:
        """What was rewritten, of cells that are taken as they are now read. To be asked where
        anything was noted."""
        assert self.note is not None
        kind, field = KINDS[self.field.kind], self.field
        noted = np.flatnonzero((self.note != "") & ~self.faulty)

        def params(code: str, raw: str, text: str) -> Params:
            shown = str(kind.cell(text, field, form)) if text else ""
            if code in (NOT_A_NAME, NOT_FILLED, REPEATED):
                return {"typed": characters.strip(raw)}
            if code == TIDIED:
                return {
                    "from": one_line(raw),
                    "to": shown,
                    **_tidied(raw, text, personal=kind.personal),
                }
            own = {"from": one_line(raw), "to": shown, **kind.note_params(code, raw, text)}
            if count := characters.removed(raw, text):
                own["from"] = seen = characters.without_invisible(characters.strip(raw))
                own |= {"variant": "unseen", "count": count} if seen in (text, shown) else {}
            return own

        return self.found(noted, self.note[noted].tolist(), params)


def _tidied(raw: str, text: str, *, personal: bool) -> Params:
    """What was done to a text, where before and after do not show it: unseen characters were
    removed, or reports mask both."""
    if count := characters.removed(raw, text):
        return {"variant": "unseen", "count": count}
    if not personal:
        return {}
    if spaces := len(raw) - len(characters.without_whitespace(raw)):
        return {"variant": "blanks", "count": spaces}
    return {"variant": "quote" if len(raw) > len(text) else "width"}


def start(
    field: Field,
    cells: Cells,
    missing: pd.Series | None,
    form: Form,
    beside: Texts | None = None,
) -> FieldState:
    """Find the faults that are the same for every kind and let the kind read the rest. `beside` is
    the canonical text of the choice that the kind depends on: while that is unknown, nobody can
    tell what a cell should hold."""
    raw = cells.text.to_numpy(dtype=object)
    unread, codes = _type_faults(raw, cells.type.to_numpy(), missing)
    if beside is not None:
        kind = KINDS[field.kind]
        known = kind.read_beside(field)
        if tolerated(form.sheet(field.sheet).field(kind.depends_on(field)), form):
            known |= frozenset(beside) - {""}  # entries of no list are answers there
        unread |= (raw != "") & ~np.array([code in known for code in beside], dtype=bool)
    nothing = np.full(len(raw), "", dtype=object)
    # What holds something is no longer blank once its kind has read it.
    state = FieldState(field, cells, raw, nothing, None, ~unread, unread, codes)
    readable = np.flatnonzero((raw != "") & ~unread)
    if len(readable):
        _normalise(state, _distinct(cells, readable, beside), form)
    return state


def start_typed(
    field: Field, cells: Cells, at: npt.NDArray[np.intp], form: Form, *, required: bool
) -> FieldState:
    """A derived field of records where nothing follows from its source: it is typed."""
    part = Cells(cells.text.iloc[at], cells.type.iloc[at])
    return start(replace(field, derive=None, required=required), part, None, form)


def typed_over(field: Field, cells: Cells, derived: Texts, form: Form) -> Texts:
    """What was typed over a derived field, canonical where it can be read, '' elsewhere. It
    raises nothing, for only the derived value counts."""
    raw = cells.text.to_numpy(dtype=object)
    same = raw == derived  # nothing to read: most cells hold what the workbook derived itself
    typed = np.where(same, derived, "")
    unread, _ = _type_faults(raw, cells.type.to_numpy(), None)
    readable = np.flatnonzero((raw != "") & ~unread & ~same)
    if len(readable):
        distinct = _distinct(cells, readable)
        text = KINDS[field.kind].normalise(distinct.cells, field, form).text
        read = Cells(text, distinct.cells.type)
        sound = np.ones(len(text), dtype=bool)
        for check in checks(field, form):
            if is_error(check.code, field, form):
                sound &= np.asarray(check.passes(read), dtype=bool)
        typed[readable] = np.where(sound, text.to_numpy(dtype=object), "")[distinct.which]
        for at in readable:
            if stands_for(raw[at]) != ANSWER:
                typed[at] = derived[at]
        if KINDS[field.kind].value_type is ValueType.DATE:
            for at in readable:
                if typed[at][:7] == derived[at][:7] and names_month_only(raw[at]):
                    typed[at] = derived[at]  # the month agrees, and nothing more was typed
    return typed


def _type_faults(
    raw: Texts, types: npt.NDArray[np.int8], missing: pd.Series | None
) -> tuple[Mask, dict[int, str]]:
    """Cells that no kind can read, and the codes of those to be reported, by position."""
    unread = np.zeros(len(raw), dtype=bool)
    codes: dict[int, str] = {}
    if missing is not None:
        unread |= missing.to_numpy(dtype=bool)
    # One look at the largest type spares the ordinary column all the others.
    if len(types) and types.max() > CellType.DATE:
        unread |= types == CellType.COVERED
        for type_, code in TYPE_FAULTS.items():
            codes |= dict.fromkeys(np.flatnonzero(types == type_).tolist(), code)
    for at in _controlled(raw):
        codes.setdefault(at, CONTROL)
    unread[list(codes)] = True
    return unread, codes


def _distinct(
    column: Cells, at: npt.NDArray[np.intp], beside: Texts | None = None
) -> DistinctCells:
    texts, kinds = column.text.to_numpy(dtype=object)[at], column.type.to_numpy()[at]
    which = np.arange(len(at))
    if beside is not None:  # what a cell may hold depends on another one: each counts by itself
        cells = Cells(
            pd.Series(texts, dtype=object),
            pd.Series(kinds),
            pd.Series(beside[at], dtype=object),
        )
        return DistinctCells(cells, at, which)
    if len(at) >= WORTH_SORTING:
        same, found = pd.factorize(texts)
        if kinds.min() < kinds.max():
            same = same * len(CellType) + kinds
            which, first = pd.factorize(same)[0], np.unique(same, return_index=True)[1]
            first.sort()
            texts, kinds = texts[first], kinds[first]
        else:
            which, texts, kinds = same, found, np.full(len(found), kinds[0])
    cells = Cells(pd.Series(texts, dtype=object), pd.Series(kinds))
    return DistinctCells(cells, at, which)


def _controlled(raw: Texts) -> list[int]:
    """Positions of texts with characters that no workbook can show."""
    texts = raw.tolist()
    joined = " ".join(texts)
    # isprintable is many times faster than a search, and stumbles over some harmless spaces.
    if joined.isprintable() or not _FORBIDDEN.search(joined):
        return []
    return [at for at, text in enumerate(texts) if _FORBIDDEN.search(text)]


def _normalise(state: FieldState, distinct: DistinctCells, form: Form) -> None:
    normal = KINDS[state.field.kind].normalise(distinct.cells, state.field, form)
    text = normal.text.to_numpy(dtype=object)
    state.text[distinct.at] = text[distinct.which]
    note = normal.note.to_numpy(dtype=object)
    if (note != "").any():
        state.note = np.full(len(state.raw), "", dtype=object)
        state.note[distinct.at] = np.where(text == "", "", note)[distinct.which]
    state.blank[distinct.at] = (text == "")[distinct.which]  # only whitespace
    if normal.text is not distinct.cells.text:
        cells = Cells(normal.text, distinct.cells.type, distinct.cells.beside)
        distinct = replace(distinct, cells=cells)
    text = _answers(state, distinct, text, form)
    distinct = distinct.kept(text != "")
    state.distinct = distinct if len(distinct.at) else None


def _answers(state: FieldState, distinct: DistinctCells, text: Texts, form: Form) -> Texts:
    """The distinct texts without words that are no answers. For nothing (无, 不详, —): an optional
    item is blank, and anything else is faulty but for a number, whose own check knows better. For
    what stands above (同上, 〃): rows are sorted and moved, and then nobody knows what that was.
    Where the form takes that for no error, the word is an answer."""
    field, kind = state.field, KINDS[state.field.kind]
    meaning = np.fromiter(map(stands_for, text.tolist()), np.int8, len(text))
    meaning[distinct.cells.type.to_numpy() != CellType.TEXT] = ANSWER
    if field.required and kind.value_type.is_a(ValueType.NUMBER):
        meaning[meaning == NOTHING] = ANSWER
    if not meaning.any():
        return text
    needed = kind.person_name or field.required
    nothing = (NOT_A_NAME if kind.person_name else NOT_FILLED) if needed else LEFT_BLANK
    for word, code in ((THE_SAME, REPEATED), (NOTHING, nothing)):
        at = distinct.at[(meaning == word)[distinct.which]]
        if code in tolerated(field, form):
            _note(state, at, code)
            meaning[meaning == word] = ANSWER
        elif code == LEFT_BLANK:
            _note(state, at, code)
            state.text[at], state.blank[at] = "", True
        else:
            _refuse(state, at, code)
    return np.where(meaning != ANSWER, "", text)


def _note(state: FieldState, at: npt.NDArray[np.intp], code: str) -> None:
    if len(at):
        if state.note is None:
            state.note = np.full(len(state.raw), "", dtype=object)
        state.note[at] = code


def _refuse(state: FieldState, at: npt.NDArray[np.intp], code: str) -> None:
    """What is no answer is faulty, not blank."""
    state.text[at] = ""
    state.codes |= dict.fromkeys(at.tolist(), code)
    state.faulty[at], state.blank[at] = True, False
