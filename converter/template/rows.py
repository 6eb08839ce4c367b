"""Member rows as XML: the pattern row that openpyxl wrote, once for every row.

A row is its number between pieces that are the same in every row, but for what was typed. So
a row is one join of bytes, and a hundred thousand of them take half a second. Formulas stand
under names (see `row_formulas`), the number of a row in a shared one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import repeat

from openpyxl.formula.translate import Translator

from converter.kinds import KINDS
from converter.kinds.id_number import compact
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Level, column_letters, column_number
from converter.model.submissions import RawSheet
from converter.template import answers, style
from converter.template.answers import Answer
from converter.template.cell_text import escaped
from converter.template.labels import VERDICT_END
from converter.template.layout import MemberLayout
from converter.template.stored import Computed
from converter.template.style import CellStyle
from converter.template.value_places import Value, type_of, xml_of

ROWS_A_CHUNK = 2_000
MOST_KNOWN = 20_000  # distinct answers of a column that are remembered
_CELL = re.compile(rb'<c r="([A-Z]+)[0-9]+" s="([0-9]+)"[^>]*?(?:/>|>(.*?)</c>)', re.DOTALL)
_SHARED = re.compile(rb'<f t="shared" ref="[^"]*" si="([0-9]+)">')
_PLAIN = re.compile(rb"<f>([^<]*)</f>")
FORMULA_START = b'"><f'
# In the translated formula of this row every number like it is the row's own.
_FAR = 1_031_007


@dataclass(frozen=True)
class PatternRow:
    """The first prepared row as it was designed: what stands in each column."""

    styles: Mapping[int, int]  # by column: number of the style
    first: Mapping[int, tuple[bytes, ...]]  # what follows the style in the first row,
    others: Mapping[
        int, tuple[bytes, ...]
    ]  # and in all others; between the pieces the row's number

    @classmethod
    def of(cls, xml: bytes, row: int) -> PatternRow:
        """Read the cells of a row's XML."""
        styles, first, others = {}, {}, {}
        for letters, number, inside in _CELL.findall(xml):
            column = column_number(letters.decode())
            styles[column] = int(number)
            first[column] = (b'">%b</c>' % inside,) if inside else (answers.BLANK.tail,)
            others[column] = _follower(inside, letters.decode(), row) if inside else first[column]
        return cls(styles, first, others)


def _follower(inside: bytes, letters: str, row: int) -> tuple[bytes, ...]:
    """What stands below a cell's formula: the number of a shared one, or its translation."""
    if shared := _SHARED.match(inside):
        return (b'"><f t="shared" si="%b"/></c>' % shared[1],)
    if not (plain := _PLAIN.match(inside)):
        return (b'">%b</c>' % inside,)
    text = html.unescape(plain[1].decode())
    far = Translator(f"={text}", f"{letters}{row}").translate_formula(f"{letters}{_FAR}")
    pieces = re.split(rf"(?<![0-9]){_FAR}(?![0-9])", escaped(far[1:]))
    pieces[0] = f'"><f>{pieces[0]}'
    pieces[-1] += "</f></c>"
    return tuple(piece.encode() for piece in pieces)


def valued(contents: tuple[bytes, ...], value: Value) -> tuple[bytes, ...]:
    """What follows the style of a formula's cell, with a value."""
    first, last = contents[0], contents[-1]
    kind, xml = type_of(value), xml_of(value)
    if len(contents) == 1:
        return (b'"' + kind + first[1:-4] + xml + b"</c>",)
    return (b'"' + kind + first[1:], *contents[1:-1], last[:-4] + xml + b"</c>")


@dataclass(frozen=True)
class Filling:
    """What the prepared rows are filled with, and how its cells look."""

    form: Form
    member: MemberLayout
    styles_by_column: Mapping[int, CellStyle]  # of the visible columns
    style: Callable[[CellStyle], int]
    levels: Mapping[int, Mapping[int, Level]]  # row → column → level
    data: RawSheet | None = None
    canonical: bool = False  # the answers are a package's
    computed: Computed | None = None  # what formulas come to
    jump: Callable[[int], bytes] | None = None  # the cell that leads on from a marked row; with
    # it go hidden cells that keep what its marked answers were
    open: Callable[[int], bytes] | None = None  # … and one that says what is still in question


def chunks(pattern: PatternRow, filling: Filling, last_row: int) -> Iterator[bytes]:
    """The prepared rows, from the first one to `last_row`, some thousand at a time."""
    first, rows = filling.member.FIRST_ROW, _Rows(pattern, filling)
    yield rows.write(pattern.first, first, first + 1)
    for start in range(first + 1, last_row + 1, ROWS_A_CHUNK):
        yield rows.write(pattern.others, start, min(start + ROWS_A_CHUNK, last_row + 1))


class _Rows:
    """What stands between the numbers of a row, piece by piece."""

    def __init__(self, pattern: PatternRow, filling: Filling) -> None:
        self._pattern, self._filling = pattern, filling
        self._starts = {c: b'<c r="%b' % column_letters(c).encode() for c in pattern.styles}
        self._answers = dict(self._columns(filling))
        self._typed = dict(self._typed_instead(filling))
        self._computed = dict(self._values_of_formulas(filling))
        self._beside: dict[int, Callable[[int], bytes]] = {}
        if filling.jump:
            last = next(reversed(pattern.styles))
            self._beside = {filling.member.explanation_column: filling.jump, last: self._were}
        self._styles: dict[tuple[int, str, Level | None], bytes] = {}

    def _columns(self, filling: Filling) -> Iterator[tuple[int, _Answers]]:
        member, data = filling.member, filling.data
        if data is None:
            return
        for field in member.sheet:
            if not field.derive and field.key in data.columns:
                column = member.columns[field.key]
                shown = filling.styles_by_column[column].number_format
                if filling.canonical:
                    read = partial(_canonical, field=field, form=filling.form, shown=shown)
                else:
                    read = partial(answers.typed, shown=shown)
                known = data.columns[field.key]
                yield column, _Answers(known.text, known.type, lru_cache(MOST_KNOWN)(read))
        if reasons := data.explanations.get(""):
            text = [int(CellType.TEXT)] * len(reasons)
            yield (
                member.explanation_column,
                _Answers(reasons, text, partial(answers.typed, shown="")),
            )

    def _typed_instead(self, filling: Filling) -> Iterator[tuple[int, dict[int, Answer]]]:
        """What stands in place of a formula, by column and row: derived answers that were typed,
        since their source is a substitute from which nothing follows."""
        member, data = filling.member, filling.data
        for field in member.sheet:
            source = data.columns.get(field.derive.source) if data and field.derive else None
            column = data.columns.get(field.key) if data and source else None
            if field.derive is None or source is None or column is None:
                continue
            kind = KINDS[member.sheet.field(field.derive.source).kind]
            if not kind.has_substitutes:
                continue
            shown = filling.styles_by_column[member.columns[field.key]].number_format
            found = {}
            for record, text in enumerate(source.text):
                if column.text[record] and kind.is_substitute(compact(text)):
                    typed = column.text[record], column.type[record]
                    found[member.FIRST_ROW + record] = (
                        _canonical(*typed, field=field, form=filling.form, shown=shown)
                        if filling.canonical
                        else answers.typed(*typed, shown=shown)
                    )
            if found:
                yield member.columns[field.key], found

    def _values_of_formulas(self, filling: Filling) -> Iterator[tuple[int, Sequence[Value]]]:
        """What formulas come to in rows that are filled, by column."""
        member, found, data = filling.member, filling.computed, filling.data
        if found is None or data is None:
            return
        count = len(data)
        yield member.check, found.checks(member.sheet.key)
        yield member.helpers["", "filled"], [1] * count
        for field in member.sheet:
            for part, texts in (("messages", found.messages_of), ("fault", found.faults_of)):
                if member.has(field.key, part):
                    yield member.helpers[field.key, part], texts(field, count)
            yield member.helpers[field.key, "norm"], found.values_of(field, count)
            if field.derive:
                yield member.columns[field.key], found.values_of(field, count, labels=True)

    def _formulas(
        self, column: int, contents: tuple[bytes, ...], start: int, end: int
    ) -> tuple[list[bytes], tuple[bytes, ...]]:
        """What follows the style of a formula's cell, values included: row by row where rows
        differ, and what is the same in all rows without a record."""
        member = self._filling.member
        blanks: dict[int, Value] = {member.helpers["", "filled"]: 0, member.check: VERDICT_END}
        blank = valued(contents, blanks.get(column, ""))
        known: Sequence[Value] = self._computed.get(column, ())
        known = known[start - member.FIRST_ROW : end - member.FIRST_ROW]
        if column == member.NUMBER:
            known = range(start - member.HEADING_ROW, end - member.HEADING_ROW)
        if not known:
            return [], blank
        made = {value: valued(contents, value) for value in set(known)}
        pieces = [*map(made.__getitem__, known), *repeat(blank, end - start - len(known))]
        return [
            (b"%d" % row).join(p) for row, p in zip(range(start, end), pieces, strict=True)
        ], blank

    def write(self, cells: Mapping[int, tuple[bytes, ...]], start: int, end: int) -> bytes:
        """The XML of the rows from `start` up to but without `end`."""
        filling = self._filling
        marks = {row: filling.levels[row] for row in filling.levels.keys() & range(start, end)}
        touched = {column for columns in marks.values() for column in columns}
        numbers = [b"%d" % row for row in range(start, end)]
        shown: dict[int, list[bytes] | tuple[bytes, ...]] = {}
        for column, contents in cells.items():
            tails: list[bytes] = []
            if contents[0].startswith(FORMULA_START):
                tails, contents = self._formulas(column, contents, start, end)
                for row, answer in self._typed.get(column, {}).items():
                    if start <= row < end:
                        tails = tails or [number.join(contents) for number in numbers]
                        tails[row - start] = answer.tail
                style = self._style(column, "", None)
                values = [style + tail for tail in tails] or None
            else:
                values = self._values(column, start, end)
            leads = self._beside.get(column) if marks else None
            if values is None and (column in touched or leads):
                style = self._style(column, "", None)
                values = [style + number.join(contents) for number in numbers]
            if values is None:
                if contents[0] != answers.BLANK.tail:  # a blank cell looks as its column does
                    shown[column] = (self._style(column, "", None) + contents[0], *contents[1:])
                continue
            for row in (row for row, columns in marks.items() if column in columns):
                tail = tails[row - start] if tails else numbers[row - start].join(contents)
                values[row - start] = self._marked(column, row, tail, marks[row][column])
            if leads:
                for row in marks:
                    values[row - start] += leads(row)
            shown[column] = values
        starts = [self._starts[column] for column in shown]
        pieces: list[Iterable[bytes]] = [repeat(b'<row r="'), repeat(b'">' + starts[0])]
        for found, following in zip(shown.values(), [*starts[1:], b"</row>"], strict=True):
            if isinstance(found, tuple):
                pieces += map(repeat, (*found[:-1], found[-1] + following))
            else:
                pieces.append([value + following for value in found])
        return b"".join(map(bytes.join, numbers, zip(*pieces, strict=False)))

    def _values(self, column: int, start: int, end: int) -> list[bytes] | None:
        """A cell a row from its style on; None where the column is the same in all rows."""
        known = self._answers.get(column)
        first = self._filling.member.FIRST_ROW
        if known is None or start - first >= len(known.text):
            return None
        texts = known.text[start - first : end - first]
        kinds = known.kind[start - first : end - first]
        blank = self._style(column, "", None) + answers.BLANK.tail
        missing = [blank] * (end - start - len(texts))
        if not self._filling.canonical and set(kinds) <= {CellType.TEXT, CellType.BLANK}:
            coded = answers.encoded(texts)
            if coded is not None:
                opening = self._style(column, "", None) + answers.TEXT_START
                found = [opening + t + answers.TEXT_END if t else blank for t in coded]
                return found + missing
        read = list(map(known.read, texts, kinds))
        styles = {shown: self._style(column, shown, None) for shown in {shown for _, shown in read}}
        return [styles[shown] + tail for tail, shown in read] + missing

    def _marked(self, column: int, row: int, tail: bytes, level: Level) -> bytes:
        """A cell in the colour of its level. `tail` is what it has where nothing was typed."""
        known, at = self._answers.get(column), row - self._filling.member.FIRST_ROW
        shown = ""
        if known and at < len(known.text):
            tail, shown = known.read(known.text[at], known.kind[at])
        return self._style(column, shown, level) + tail

    def _were(self, row: int) -> bytes:
        """Hidden cells of a marked row: what its marked answers were."""
        member, cells = self._filling.member, []
        for key, hidden in member.was.items():
            if member.columns[key] in self._filling.levels[row]:
                known, at = self._answers.get(member.columns[key]), row - member.FIRST_ROW
                tail = answers.BLANK.tail
                if known and at < len(known.text):
                    tail = known.read(known.text[at], known.kind[at]).tail
                cells.append(f'<c r="{column_letters(hidden)}{row}'.encode() + answers.kept(tail))
        if self._filling.open:
            cells.append(self._filling.open(row))
        return b"".join(cells)

    def _style(self, column: int, shown: str, level: Level | None) -> bytes:
        key = column, shown, level
        if key not in self._styles:
            number = self._pattern.styles[column]
            if shown or level:
                look = self._filling.styles_by_column[column]
                number = self._filling.style(style.varied(look, shown, level))
            self._styles[key] = b'" s="%d' % number
        return self._styles[key]


@dataclass(frozen=True)
class _Answers:
    """A column's answers, record by record, and what makes cells of them."""

    text: Sequence[str]
    kind: Sequence[int]
    read: Callable[[str, int], Answer]


def _canonical(text: str, kind: int, field: Field, form: Form, shown: str) -> Answer:
    return answers.canonical(text, field, form, shown)
