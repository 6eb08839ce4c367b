"""A calendar date; canonical text is ISO (2010-05-01).

Read and noted (K902): texts that can mean one day only (`written_days`), where a year of two
digits is of the century that leaves it after `earliest`, and a month is its first day; words
beside a day where they stand in the field's headings (2010年5月1日入会); as numbers 20100501,
201005, 2010.05 and a day whose date format was lost; a time, which is dropped. K908: a midnight
that an export has moved to the day before (16:00:00, 23:59:17).

Faults: K401 no date · K402 only a year; a number below it (98.5), which is no day of 1900; a text
that can mean several days; or 2010.1, which a spreadsheet makes of 2010.10, too. In a cell that is
formatted as a date years arrive as a day between 1905-03-14 and 1905-09-29, and are read as what
was typed · K403 a day that no calendar has · K404 a year outside 1800-2100 · K405 before `earliest`
of the card (a warning). Days in the future are a matter of rules.

Option: `earliest`. The Excel face validates numbers, but for some below 2100. A text without a
digit is reported at once; whatever else is typed as text waits for the check.

>>> TEXT = CellType.TEXT
>>> [read(t, TEXT)[0] for t in ("2010.5.1", "２０１０年５月１日", "20100501", "2010-05")]
['2010-05-01', '2010-05-01', '2010-05-01', '2010-05-01']
>>> [read(t, TEXT)[1] for t in ("去年", "5/1/2010", "2010", "2010.1", "2010-02-30", "1010-5-1")]
['K401', 'K402', 'K402', 'K402', 'K403', 'K404']
>>> read("10.5.1", TEXT), read("10.5.1", TEXT, "1921-01-01")
(('10.5.1', 'K402'), ('2010-05-01', ''))
>>> read("2010.1", CellType.NUMBER), read("40299", CellType.NUMBER)
(('2010.1', 'K402'), ('2010-05-01', ''))
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from converter.formulas import expressions
from converter.kinds import written_days
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
from converter.kinds.written_days import EPOCH, FIRST_YEAR, LAST_YEAR
from converter.model.arrays import np, pd
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text.cell_values import number_text
from converter.text.characters import strip

_DIGITS = "".join(
    ("0123456789", expressions.FULL_WIDTH_DIGITS, *written_days.DIGITS, *written_days.UNITS)
)
LAST_SERIAL = (date(LAST_YEAR, 12, 31) - EPOCH).days
_END_OF_TIME = (date(9999, 12, 31) - EPOCH).days
_EIGHT_FROM, _EIGHT_TO = 18000101, 21001231
_SAFE_YEAR = 1906  # from here on a date cell cannot be a year that was typed
_YEARS = (1900, 2100)  # numbers that are a year, or a year and a month

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2}).*)?")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
# Of a number 2010.1 alone nobody knows whether it was 2010.10; 2010.5 can be no other month.
_NUMBER_MONTH = re.compile(r"([0-9]{4})\.(0[1-9]|1[0-2]|[2-9])")
_NUMBER_DAY = re.compile(r"[0-9]{4}\.[0-9]{4}")
_YEAR_MONTH = re.compile("((?:19|20)[0-9]{2})(0[1-9]|1[0-2])")
_EIGHT = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")


def read(
    text: str, type: CellType, earliest: str = "", headings: Sequence[str] = ()
) -> tuple[str, str]:
    """(ISO date, '') or (the text as it is, code of the fault). Of several meanings of a text, a
    field has those from its `earliest` on; words beside the day stand in its headings."""
    if type is CellType.DATE:
        found, fault = _read_date_cell(text)
    elif type is CellType.NUMBER and not _ISO.fullmatch(text):
        found, fault = _read_number(text, earliest)
    else:
        found, fault = _read_text(text, earliest, headings)
    if found is None:
        return text, fault
    return (found.isoformat(), "") if FIRST_YEAR <= found.year <= LAST_YEAR else (text, "K404")


Found = tuple[date | None, str]


def _calendar(year: str, month: str, day: str) -> Found:
    try:
        return date(int(year), int(month), int(day)), ""
    except ValueError:
        return None, "K403" if FIRST_YEAR <= int(year) <= LAST_YEAR else "K404"


def _read_text(text: str, earliest: str, headings: Sequence[str]) -> Found:
    reading = written_days.read(text)
    days = _meanings(reading, earliest)
    if len(days) > 1:
        return None, "K402"
    if not days or not all(any(word in title for title in headings) for word in reading.words):
        return None, reading.fault
    return days[0], ""


def _meanings(reading: written_days.WrittenDay, earliest: str) -> Sequence[date]:
    """The days that a text can mean in a field; where all are before `earliest`, all of them."""
    return [day for day in reading.days if day.isoformat() >= earliest] or reading.days


def _read_number(text: str, earliest: str) -> Found:
    if not _NUMBER.fullmatch(text):
        return None, "K401"
    number = float(text)
    if number < _YEARS[0]:
        return None, "K401" if number < 1 else "K402"  # 98.5 or 805 is no day of 1900
    if number < _YEARS[1]:
        return _read_month(text)
    if found := _YEAR_MONTH.fullmatch(text):
        return _calendar(found[1], found[2], "1")
    if _EIGHT_FROM <= number <= _EIGHT_TO:
        found = _EIGHT.fullmatch(text)  # nothing with a fraction
        return _calendar(found[1], found[2], found[3]) if found else (None, "K401")
    if LAST_SERIAL + 1 <= number < 10**6 and written_days.read(text).days:  # 980501
        return _read_text(text, earliest, ())
    if number >= _END_OF_TIME + 1:
        return None, "K401"
    return EPOCH + timedelta(int(number) + _is_moved(text)), ""


def _read_month(number: str) -> Found:
    """A number that is a year, or a year and a month, or all of a day (2010.0501)."""
    if month := _NUMBER_MONTH.fullmatch(number):
        return _calendar(month[1], month[2], "1")
    day = _read_text(number, "", ()) if _NUMBER_DAY.fullmatch(number) else (None, "")
    return day if day[0] else (None, "K402")


def _read_date_cell(text: str) -> Found:
    serial = _serial(text)
    if serial is None or serial < 1:
        return None, "K401"
    if number := _typed_number(text):
        return _read_month(number) if serial < _YEARS[1] else _read_number(number, "")
    return date.fromisoformat(text[:10]) + timedelta(_is_moved(text)), ""


def _is_moved(raw: str) -> bool:
    """Whether the time of a cell is a midnight of Beijing that was moved to the day before."""
    if _NUMBER.fullmatch(raw):
        seconds = round(float(raw) % 1 * 86400) if 2 * _YEARS[1] < float(raw) < LAST_SERIAL else 0
        return (seconds // 3600, seconds // 60 % 60, seconds % 60) in written_days.MOVED_MIDNIGHTS
    return written_days.read(shown(raw)).is_moved


def names_month_only(text: str) -> bool:
    """Whether a text names a month and no day of it."""
    return written_days.read(text).month_only


def _typed_number(raw: str) -> str:
    """The number that was typed where a date's format made a day of 1905 of a year, one of 2450 of
    a year and a month (201005), or a moment of 1900 of 98.5; '' for a day that is one."""
    serial = _serial(raw)
    if serial is None:
        return ""
    number = number_text(round(serial, 4))
    is_early = 1 <= serial < _YEARS[0] and "." in number
    is_year = _YEARS[0] <= serial < _YEARS[1]
    return number if is_early or is_year or _YEAR_MONTH.fullmatch(number) else ""


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
        days = (date(year, month, day) - EPOCH).days
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


def _excel_no_month(raw: str) -> str:
    """TRUE where a number leaves open which day it is, whatever the format of its cell: a year, a
    year and .1, which 2010.10 looks like, too, and a fraction below any year (98.5). A whole number
    below is a day in a cell of dates, and waits for the check as all that names a month does."""
    below = f"AND({raw}<1000,ROUND({raw},4)<>ROUND({raw},0))"
    year = f"AND({raw}>={_YEARS[0]},{raw}=INT({raw}))"
    return f"AND({raw}>=1,{raw}<{_YEARS[1]},OR({below},{year},ROUND({raw}-INT({raw}),4)=0.1))"


def excel_day(raw: str) -> str:
    """TRUE where eight digits are a day of the calendar."""
    # MOD of a huge number is an error, so it is asked for in the right range only.
    return f"IF({_excel_eight(raw)},{_excel_in_calendar(raw)},FALSE)"


def _excel_in_calendar(raw: str) -> str:
    """The same of what has eight digits (the calendar's cycle is 400 years)."""
    year, month, day = _excel_parts(raw)
    last = f"DAY(DATE(2000+MOD({year},400),{month}+1,0))"
    return f"AND({month}>=1,{month}<=12,{day}>=1,{day}<={last})"


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
        if not nonstandard.any():
            return same_text(cells, cells.text, "")
        text = text.copy()
        earliest, headings = self._earliest(field), (field.title, *field.aliases, *field.near)
        text[nonstandard] = map_cells(
            _pick(cells, nonstandard), lambda text, type: read(text, type, earliest, headings)[0]
        )
        found = same_text(cells, pd.Series(text, index=cells.text.index, dtype=object), "K902")
        changed = found.note != ""
        moved = changed & cells.text.where(changed, "").map(_is_moved).astype(bool)
        return Normalised(found.text, found.note.mask(moved, "K908"))

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
        days = _meanings(written_days.read(raw), self._earliest(field)) if code == "K402" else ()
        if days:
            meanings = "、".join(day.isoformat() for day in days)
            return {"typed": strip(raw), "variant": "several", "meanings": meanings}
        return {"typed": strip(raw)} if code in ("K402", "K403", "K404") else {}

    def note_params(self, code: str, raw: str, text: str) -> Params:
        reading = written_days.read(shown(raw))
        variant = "month" if reading.month_only else "time" if reading.has_time else "day"
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
        eight = _excel_eight(raw)
        beyond = f"AND({raw}>={LAST_SERIAL + 1},{raw}<{_END_OF_TIME + 1})"
        has_digit = expressions.contains_any(norm, _DIGITS)
        found = [
            ExcelCondition("K401", f"IF(ISTEXT({raw}),OR(LEN({norm})<4,NOT({has_digit})),FALSE)"),
            ExcelCondition(LATER, f"ISTEXT({raw})"),
            # From here on it is a number.
            ExcelCondition("K402", _excel_no_month(raw)),
            ExcelCondition("K403", f"IF({eight},NOT({_excel_in_calendar(raw)}),FALSE)"),
            ExcelCondition(LATER, f"OR(AND({raw}>=1,{raw}<{_YEARS[1]}),{beyond})"),
            ExcelCondition("K401", f"OR({raw}<1,AND({raw}>={_END_OF_TIME + 1},NOT({eight})))"),
        ]
        if self._earliest(field):
            first = (date.fromisoformat(self._earliest(field)) - EPOCH).days
            found.append(ExcelCondition("K405", f"{norm}<{first}"))
        return tuple(found)

    def excel_usable(self, norm: str) -> str:
        return f"ISNUMBER({norm})"

    def excel_sound(self, raw: str, norm: str, errors: Sequence[str]) -> str:
        # The same in short: eight digits that are no day stay as large as they are.
        return f"AND({raw}>={_YEARS[1]},{norm}<={LAST_SERIAL})"
