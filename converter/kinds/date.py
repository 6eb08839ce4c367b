"""A calendar date; canonical text is ISO (2010-05-01).

Read and noted (K902): 2010.5.1, 2010年5月1日, 20100501, 2010/5/1, 2010-5-1, full-width, with
spaces, with a time or a weekday behind; a month without a day (2010年5月, 2010-05), which is read
as its first day, and so are 201005 and the number 2010.05; eight digits in a numeric cell; a number
whose date format was lost; a time, which is dropped; a midnight that an export has moved to the
day before (16:00:00, 23:59:17).

Faults: K401 no date, or a year of two digits · K402 only a year, or 2010.1, which a spreadsheet
makes of 2010.10, too. In a cell that is formatted as a date both arrive as a day between
1905-03-14 and 1905-09-29, and are read as what was typed · K403 a day that no calendar has · K404 a
year outside 1800-2100 · K405 before `earliest` of the card (a warning). Days in the future are a
matter of rules.

Option: `earliest`. The Excel face validates numbers. A text that does not begin with a year is
reported at once; whatever else is typed as text waits for the check.

>>> TEXT = CellType.TEXT
>>> [read(t, TEXT)[0] for t in ("2010.5.1", "２０１０年５月１日", "20100501", "2010-05")]
['2010-05-01', '2010-05-01', '2010-05-01', '2010-05-01']
>>> [read(t, TEXT)[1] for t in ("10.5.1", "2010", "2010.1", "2010-02-30", "1010-5-1")]
['K401', 'K402', 'K402', 'K403', 'K404']
>>> read("2010.1", CellType.NUMBER), read("40299", CellType.NUMBER)
(('2010.1', 'K402'), ('2010-05-01', ''))
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from converter.formulas import expressions
from converter.kinds.base import (
    LATER,
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Mask,
    Normalised,
    Texts,
    ValueType,
    by_verdict,
    failing,
    map_cells,
    same_text,
    texts,
)
from converter.kinds.options import Day
from converter.kinds.points import points
from converter.model.arrays import np, pd
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text import characters
from converter.text.cell_values import number_text
from converter.text.characters import half_width, strip

FIRST_YEAR, LAST_YEAR = 1800, 2100
_YEAR_CHARACTERS = "".join(
    ("0123456789", expressions.FULL_WIDTH_DIGITS, "〇○零", "一二三", "四五六", "七八九")
)
_EPOCH = date(1899, 12, 30)  # day 0 of a spreadsheet's count, from March 1900 on
LAST_SERIAL = (date(LAST_YEAR, 12, 31) - _EPOCH).days
_END_OF_TIME = (date(9999, 12, 31) - _EPOCH).days
_EIGHT_FROM, _EIGHT_TO = 18000101, 21001231
_SAFE_YEAR = 1906  # from here on a date cell cannot be a year that was typed
_YEARS = (1900, 2100)  # numbers that are a year, or a year and a month

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2}).*)?")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
# Of a number 2010.1 alone nobody knows whether it was 2010.10; 2010.5 can be no other month.
_NUMBER_MONTH = re.compile(r"([0-9]{4})\.(0[1-9]|1[0-2]|[2-9])")
_YEAR_MONTH = re.compile("((?:19|20)[0-9]{2})(0[1-9]|1[0-2])")
_SIGN = r" ?[-./\\。·—–年月] ?"
_TIME = r"(?:[ T]|(?<![0-9]))[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]+)?)?"
_WEEKDAY = r"(?: ?(?:星期|周)\w)?"
_DAY = re.compile(
    f"([0-9]{{4}}){_SIGN}([0-9]{{1,2}}){_SIGN}([0-9]{{1,2}})(?: ?[日号])?{_WEEKDAY}(?:{_TIME})?"
)
_EIGHT = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH = re.compile(f"([0-9]{{4}}){_SIGN}([0-9]{{1,2}})(?: ?月份?)?")
_AMBIGUOUS = re.compile("[0-9]{4}(?: ?年)?|[0-9]{4} ?[.。·] ?1")
_UTC = re.compile(r"([0-9-]{10}T[0-9:]{8})(?:\.[0-9]+)?Z")
# Midnight of Beijing, of today's clock and of the one before 1928, as browsers export it.
_MOVED_MIDNIGHTS = {
    (16, 0, 0), (15, 59, 17), (15, 54, 17), (23, 59, 17), (23, 54, 17)
}  # fmt: skip
_ONE_BLANK = str.maketrans(
    {c: " " if c in characters.VISIBLE_BLANKS else "" for c in characters.BLANKS}
)


def read(text: str, type: CellType) -> tuple[str, str]:
    """(ISO date, '') or (the text as it is, code of the fault)."""
    if type is CellType.DATE:
        found, fault = _read_date_cell(text)
    elif type is CellType.NUMBER and not _ISO.fullmatch(text):
        found, fault = _read_number(text)
    else:
        found, fault = _read_text(" ".join(half_width(text.translate(_ONE_BLANK)).split()))
    if found is None:
        return text, fault
    return (found.isoformat(), "") if FIRST_YEAR <= found.year <= LAST_YEAR else (text, "K404")


Found = tuple[date | None, str]


def _calendar(year: str, month: str, day: str) -> Found:
    try:
        return date(int(year), int(month), int(day)), ""
    except ValueError:
        return None, "K403" if FIRST_YEAR <= int(year) <= LAST_YEAR else "K404"


def _read_text(text: str) -> Found:
    if found := _UTC.fullmatch(text):
        try:
            return _settled(datetime.fromisoformat(found[1])), ""
        except ValueError:
            return None, "K403"
    if _AMBIGUOUS.fullmatch(text):
        return None, "K402"
    if found := _DAY.fullmatch(text) or _EIGHT.fullmatch(text):
        return _calendar(found[1], found[2], found[3])
    if found := _MONTH.fullmatch(text) or _YEAR_MONTH.fullmatch(text):
        return _calendar(found[1], found[2], "1")
    return None, "K401"


def _read_number(text: str) -> Found:
    if not _NUMBER.fullmatch(text):
        return None, "K401"
    number = float(text)
    if _YEARS[0] <= number < _YEARS[1]:
        return _read_month(text)
    if found := _YEAR_MONTH.fullmatch(text):
        return _calendar(found[1], found[2], "1")
    if _EIGHT_FROM <= number <= _EIGHT_TO:
        found = _EIGHT.fullmatch(text)  # nothing with a fraction
        return _calendar(found[1], found[2], found[3]) if found else (None, "K401")
    if 1 <= number < _END_OF_TIME + 1:
        # The count has a 29 February 1900 that never was; days before it are one later.
        return _EPOCH + timedelta(int(number) + (number < 60)), ""
    return None, "K401"


def _read_month(number: str) -> Found:
    """A number that is a year, or a year and a month."""
    month = _NUMBER_MONTH.fullmatch(number)
    return _calendar(month[1], month[2], "1") if month else (None, "K402")


def _read_date_cell(text: str) -> Found:
    serial = _serial(text)
    if serial is None or serial < 1:
        return None, "K401"
    if number := _typed_number(text):
        return _read_month(number) if serial < _YEARS[1] else _read_number(number)
    return _settled(datetime.fromisoformat(text[:19])), ""


def _settled(moment: datetime) -> date:
    """The day that was meant: programs that reckon by a clock elsewhere move a midnight of Beijing
    to 16:00 of the day before, or to some seconds before midnight."""
    is_moved = (moment.hour, moment.minute, moment.second) in _MOVED_MIDNIGHTS
    return moment.date() + timedelta(days=1) if is_moved else moment.date()


def names_month_only(text: str) -> bool:
    """Whether a text names a month and no day of it."""
    plain = characters.squeeze(text)
    return any(found.fullmatch(plain) for found in (_MONTH, _NUMBER_MONTH, _YEAR_MONTH))


def _is_moved(raw: str, text: str) -> bool:
    """Whether a moment was read as the day after it."""
    return "T" in raw and raw[:4].isdigit() and text[:10] != raw[:10] and not _typed_number(raw)


def _typed_number(raw: str) -> str:
    """The number that was typed where a date's format made a day of 1905 of a year, or one of
    2450 of a year and a month (201005); '' for a day that is one."""
    serial = _serial(raw)
    if serial is None:
        return ""
    number = number_text(round(serial, 4))
    is_number = _YEARS[0] <= serial < _YEARS[1] or _YEAR_MONTH.fullmatch(number)
    return number if is_number else ""


def shown(raw: str) -> str:
    """A date cell as its clerk knows it: what was typed, and a moment without the T."""
    return _typed_number(raw) or raw.replace("T", " ")


def _serial(text: str) -> float | None:
    """The number behind a date cell, None for a mere time."""
    found = _ISO.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(g or 0) for g in found.groups())
    try:
        days = (date(year, month, day) - _EPOCH).days
    except ValueError:
        return None
    return days + (hour * 3600 + minute * 60 + second) / 86400


def _plain(cells: Cells) -> Mask:
    """Days that are right at a glance, which nearly all are; the others are read one by one."""
    characters = points(cells.text, 11)
    day_of = characters[:, [0, 1, 2, 3, 5, 6, 8, 9]]
    shape = ((day_of >= 0) & (day_of <= 9)).all(axis=1)
    shape &= (characters[:, [4, 7]] == ord("-") - ord("0")).all(axis=1)
    shape &= characters[:, 10] == -ord("0")
    year, month, day = (
        day_of[:, columns] @ 10 ** np.arange(len(columns) - 1, -1, -1, dtype=np.int32)
        for columns in ([0, 1, 2, 3], [4, 5], [6, 7])
    )
    shape &= (year >= _SAFE_YEAR) & (year <= LAST_YEAR)
    return np.asarray(shape & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 28))


def _pick(cells: Cells, chosen: Mask) -> Cells:
    return Cells(cells.text[chosen], cells.type[chosen])


def _verdicts(cells: Cells) -> Texts:
    result = np.full(len(cells.text), "", dtype=object)
    nonstandard = ~cells.once(_plain)
    if nonstandard.any():
        result[nonstandard] = map_cells(
            _pick(cells, nonstandard), lambda text, type: read(text, type)[1]
        )
    return result


# --- the Excel face, for numbers; of texts it says which can be no date --------------------


def _excel_eight(raw: str) -> str:
    return f"AND({raw}>={_EIGHT_FROM},{raw}<={_EIGHT_TO},{raw}=INT({raw}))"


def _excel_parts(raw: str) -> tuple[str, str, str]:
    return f"INT({raw}/10000)", f"INT(MOD({raw},10000)/100)", f"MOD({raw},100)"


def excel_day(raw: str) -> str:
    """TRUE where eight digits are a day of the calendar (whose cycle is 400 years)."""
    year, month, day = _excel_parts(raw)
    last = f"DAY(DATE(2000+MOD({year},400),{month}+1,0))"
    day_of_month = f"AND({month}>=1,{month}<=12,{day}>=1,{day}<={last})"
    # MOD of a huge number is an error, so it is asked for in the right range only.
    return f"IF({_excel_eight(raw)},{day_of_month},FALSE)"


class Date(Kind):
    """A calendar date."""

    name = "date"
    example = "2010-05-01"
    value_type = ValueType.DATE
    # A year alone is no day of 1905, and eight digits typed for a date are no #######.
    number_format = r"[<2100]General;[>=18000101]0000\-00\-00;yyyy\-mm\-dd"
    schema_type = "date"
    earliest = Day(default=None)

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        text = texts(cells.text)
        nonstandard = ~cells.once(_plain)
        if nonstandard.any():
            text = text.copy()
            text[nonstandard] = map_cells(
                _pick(cells, nonstandard), lambda text, type: read(text, type)[0]
            )
        found = same_text(cells, pd.Series(text, index=cells.text.index, dtype=object), "K902")
        moved = np.zeros(len(text), dtype=bool)
        moved[nonstandard] = [
            _is_moved(raw, day)
            for raw, day in zip(texts(cells.text)[nonstandard], text[nonstandard], strict=True)
        ]
        return Normalised(found.text, found.note.mask(moved, "K908")) if moved.any() else found

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        found = by_verdict(("K401", "K402", "K403", "K404"), _verdicts)
        earliest = self._earliest(field)
        if earliest:
            too_early = failing("K405", lambda c: np.asarray(texts(c.text) < earliest, dtype=bool))
            found = (*found, too_early)
        return found

    def _earliest(self, field: Field) -> str:
        day = self.earliest(field)
        return day.isoformat() if day else ""

    def value(self, text: pd.Series, field: Field, form: Form) -> pd.Series:
        return pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        if code == "K405":
            return {"earliest": self._earliest(field)}
        if code == "K402" and _typed_number(raw):
            return {"typed": shown(raw), "variant": "date_cell"}
        return {"typed": strip(raw)} if code in ("K402", "K403", "K404") else {}

    def note_params(self, code: str, raw: str, text: str) -> Params:
        variant = "month" if names_month_only(shown(raw)) else "time" if ":" in raw else "day"
        return {"from": shown(raw), "variant": variant}

    def cell(self, text: str, field: Field, form: Form) -> str | date:
        """A date before 1900 stays text: spreadsheets cannot count that far back."""
        found = date.fromisoformat(text)
        return found if found.year >= 1900 else text

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return expressions.without_whitespace(raw)

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        # 400 years are 146,097 days: DATE knows no year before 1900.
        year, month, day = _excel_parts(raw)
        digits = f"DATE({year}+400,{month},{day})-146097"
        return f"IF({excel_day(raw)},{digits},INT({raw}))"

    def excel_differs(self, raw: str, norm: str, field: Field, form: Form) -> str:
        number = self.excel_of_number(raw, raw, field, form)
        return f"IF(ISNUMBER({raw}),{number}<>{norm},FALSE)"

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        def number(wrong: str) -> str:
            return f"IF(ISNUMBER({raw}),{wrong},FALSE)"

        eight = _excel_eight(raw)
        begins = expressions.all_in(norm, 4, _YEAR_CHARACTERS)
        found = [
            ExcelCondition("K401", f"IF(ISTEXT({raw}),OR(LEN({norm})<4,NOT({begins})),FALSE)"),
            ExcelCondition(LATER, f"ISTEXT({raw})"),
            ExcelCondition(LATER, number(f"AND({raw}>={_YEARS[0]},{raw}<{_YEARS[1]})")),
            ExcelCondition("K403", number(f"AND({eight},NOT({excel_day(raw)}))")),
            ExcelCondition(
                LATER, number(f"AND({raw}>={LAST_SERIAL + 1},{raw}<{_END_OF_TIME + 1})")
            ),
            ExcelCondition(
                "K401", number(f"OR({raw}<1,AND({raw}>={_END_OF_TIME + 1},NOT({eight})))")
            ),
        ]
        if self._earliest(field):
            first = (date.fromisoformat(self._earliest(field)) - _EPOCH).days
            found.append(ExcelCondition("K405", number(f"{norm}<{first}")))
        return tuple(found)

    def excel_usable(self, norm: str) -> str:
        return f"ISNUMBER({norm})"

    def excel_sound(self, raw: str, norm: str, errors: Sequence[str]) -> str:
        # The same in short: eight digits that are no day stay as large as they are.
        year = f"AND({raw}>={_YEARS[0]},{raw}<{_YEARS[1]})"
        return f"AND({raw}>=1,NOT({year}),{norm}<={LAST_SERIAL})"
