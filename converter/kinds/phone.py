"""One or several telephone numbers, as an office in China writes them.

Canonical: 0311-87654321, 0319-3100722转801, 13800138000, 4001234567, joined by 、. Read and
tidied (K901): full-width characters, brackets, spaces, +86, numbers separated by / ; , | or a
blank, -801 as an extension, a second number that leaves out the area code of the first, and
0311-87654321/22, which stands for two. Short numbers of hotlines (12351, 95588) are right.

Faults of a cell that holds one number and nothing else: K504 the leading zero was lost ·
K501 no area code · K502 an area of the list with a wrong number of digits · K503 no phone
number at all. Of one number among others, or with an extension: K514, K511, K512, K513, which
the Excel face leaves to the pipeline. K505 (a warning) an area that is not in the list and not
in the numbering plan of `phonenumbers` either; that library is no acceptance test: it reads
3100722 as 310 0722, and takes 31187654321.

Option: `areas`, a code list: code = area code, label = city, extra column digits = length of a
number there.

>>> areas = {"0311": Area("0311", "石家庄", 8), "0319": Area("0319", "邢台", 7)}
>>> read("（0311）8765 4321", areas).text
'0311-87654321'
>>> read("0319-3100722-801/+86 138 0013 8000", areas).text
'0319-3100722转801、13800138000'
>>> [read(t, areas).code for t in ("87654321", "0311-8765432", "31187654321", "无")]
['K501', 'K502', 'K504', 'K503']
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as _field
from functools import lru_cache

from converter.formulas import expressions
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Normalised,
    Texts,
    by_verdict,
    map_unique,
    same_text,
    texts,
)
from converter.kinds.options import Flag, ListName
from converter.model.errors import option_error
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text import characters
from converter.text.characters import half_width


@dataclass(frozen=True, slots=True)
class Area:
    """A telephone area of the province."""

    code: str  # with its zero
    city: str
    digits: int  # of a number there


@dataclass(frozen=True, slots=True)
class PhoneReading:
    """Canonical text, or the first fault and what its sentence fills in."""

    text: str
    code: str = ""
    params: Params = _field(default_factory=dict)


Areas = Mapping[str, Area]

MOBILE = re.compile("1[3-9][0-9]{9}")
SERVICE = re.compile("[48]00[0-9]{7}")
HOTLINE = re.compile("1[0-9]{4}|9[56][0-9]{3,4}")
LOCAL = re.compile("[2-9][0-9]{6,7}")  # a landline that leaves its area code out
ELSEWHERE = re.compile("(010|02[0-9])([0-9]{8})|(0[3-9][0-9]{2})([0-9]{7,8})")
FEWEST_DIGITS = 5
LONGEST, SHOWN = 200, 20  # characters that are looked through, and of those shown in a sentence

# What the Excel face validates, too: one number, at most one hyphen, behind the area code.
_SIMPLE = re.compile("(?!00|86[0-9]{10})([0-9]+|0[0-9]{2,3}-[0-9]+)")
# Nine to eleven digits that may be an area elsewhere without its zero: ask the plan, not Excel.
_PERHAPS_LOST_ZERO = re.compile("(?!0|1[3-9])[0-9]{9,11}")
_OF_AREAS = ("K502", "K504", "K512")  # told by a list of area codes alone
_NOT_ALONE = {"K501": "K511", "K502": "K512", "K503": "K513", "K504": "K514"}

_DASHES = "—–―‐‑−"
_ONE_BLANK = str.maketrans(
    {c: " " if c in characters.VISIBLE_BLANKS else "" for c in characters.BLANKS}
    | dict.fromkeys(_DASHES, "-")
)
_SEPARATORS = re.compile("[、/;,|]")
_EXTENSION = re.compile("(.*?)(?:转|分机|ext\\.?|x|#)+:?([0-9]{1,6})", re.IGNORECASE)
_COUNTRY = re.compile("(?:\\+|00)86-?|86-?(?=[0-9-]{10})")
_BODY = re.compile("[0-9][0-9-]*")
_TAIL = re.compile("[0-9]{1,4}")


def read(text: str, areas: Areas) -> PhoneReading:
    """Never raises. An unreadable text comes back as it is."""
    plain = " ".join(half_width(text.translate(_ONE_BLANK)).split())
    if sum(c in "0123456789" for c in plain) < FEWEST_DIGITS:
        return PhoneReading(text, "K503")
    if _SIMPLE.fullmatch(plain):
        digits = plain.replace("-", "")
        found = _number(digits, areas)
        if found.code == "K503" and _PERHAPS_LOST_ZERO.fullmatch(digits):
            found = PhoneReading(text, "K513")
        found = PhoneReading(found.text, found.code, {**found.params, "part": plain})
    elif len(plain) > LONGEST:
        found = PhoneReading(text, "K513", {"part": f"{plain[:SHOWN]}…"})
    else:
        found = _several(plain, areas)
    return found if found.code in ("", "K505") else PhoneReading(text, found.code, found.params)


def _number(digits: str, areas: Areas) -> PhoneReading:
    """One number, given as digits."""
    if any(known.fullmatch(digits) for known in (MOBILE, SERVICE, HOTLINE)):
        return PhoneReading(digits)
    if digits.startswith("0"):
        return _landline(digits, areas)
    restored = _landline(f"0{digits}", areas)
    if not restored.code:
        listed = restored.text.partition("-")[0] in areas
        return PhoneReading(digits, "K504" if listed else "K514", {"offer": restored.text})
    return PhoneReading(digits, "K501" if LOCAL.fullmatch(digits) else "K503")


def _landline(digits: str, areas: Areas) -> PhoneReading:
    area = next((a for code, a in areas.items() if digits.startswith(code)), None)
    if area:
        local = digits[len(area.code) :]
        figures: dict[str, str | int] = {
            "area": area.code,
            "city": area.city,
            "digits": area.digits,
            "typed": len(local),
        }
        return PhoneReading(
            f"{area.code}-{local}", "" if len(local) == area.digits else "K502", figures
        )
    elsewhere = ELSEWHERE.fullmatch(digits)
    if not elsewhere:
        return PhoneReading(digits, "K503")
    code, local = (group for group in elsewhere.groups() if group)
    return PhoneReading(f"{code}-{local}", "" if _in_plan(digits) else "K505", {"area": code})


@lru_cache(maxsize=10_000)
def _in_plan(digits: str) -> bool:
    """Whether the numbering plan of China knows a landline. Imports its library when asked."""
    import phonenumbers

    return bool(phonenumbers.is_valid_number(phonenumbers.parse(f"+86{digits[1:]}")))


# --- several numbers, extensions -----------------------------------------------------------


def _several(plain: str, areas: Areas) -> PhoneReading:
    """Every number of a cell, or the first one that is faulty."""
    numbers: list[str] = []
    doubtful = PhoneReading("")
    for part in _parts(plain, areas):
        found = _part(part, areas, numbers[-1] if numbers else "")
        if found.code not in ("", "K505"):
            code = _NOT_ALONE.get(found.code, found.code)
            return PhoneReading(plain, code, {**found.params, "part": part})
        if found.code and not doubtful.code:
            doubtful = PhoneReading("", found.code, {**found.params, "part": part})
        numbers.append(found.text)
    return PhoneReading("、".join(numbers), doubtful.code, doubtful.params)


def _parts(plain: str, areas: Areas) -> Iterator[str]:
    """A blank separates numbers only where leaving it out does not give one."""
    for part in filter(None, (part.strip() for part in _SEPARATORS.split(plain))):
        pieces = part.split(" ")
        fine = [_part(p, areas, "").code in ("", "K505") for p in ("".join(pieces), *pieces)]
        yield from pieces if not fine[0] and any(fine[1:]) else ["".join(pieces)]


def _part(part: str, areas: Areas, before: str) -> PhoneReading:
    """One number with what may stand around it; `before` is the number in front of it."""
    body, extension = part.replace("(", "").replace(")", "-"), ""
    if found := _EXTENSION.fullmatch(body):
        body, extension = found.groups()
    body = re.sub("-+", "-", body).strip("-")
    country = _COUNTRY.match(body)
    body = body[country.end() :] if country else body
    if not _BODY.fullmatch(body):
        return PhoneReading(part, "K503")
    tries = [(body.replace("-", ""), extension)]
    head, hyphen, tail = body.rpartition("-")
    if hyphen and not extension and len(tail) <= 6:
        tries.append((head.replace("-", ""), tail))
    if country:  # behind it an area code stands without its zero
        tries += [(f"0{digits}", ext) for digits, ext in tries]
    area, _, local = before.partition("-")
    if local:
        tries += [(area + digits, ext) for digits, ext in tries if LOCAL.fullmatch(digits)]
        if _TAIL.fullmatch(body) and local.isdigit():
            tries.append((area + local[: -len(body)] + body, extension))
    readings = [(_number(digits, areas), ext) for digits, ext in tries]
    for reading, ext in readings:
        if reading.code in ("", "K505"):
            return PhoneReading(
                reading.text + (f"转{ext}" if ext else ""), reading.code, reading.params
            )
    return next((r for r, _ in readings if r.code != "K503"), readings[0][0])


def _mobile(text: str) -> str:
    """A mobile number alone; anything else as it is."""
    found = read(text, {}).text
    return found if MOBILE.fullmatch(found) else text


def _no_mobile(text: str) -> str:
    """What is wrong with what is no mobile number alone: K522 for what formulas cannot read."""
    if MOBILE.fullmatch(text):
        return ""
    plain = " ".join(half_width(text.translate(_ONE_BLANK)).split())
    few = sum(c in "0123456789" for c in plain) < FEWEST_DIGITS
    return "K521" if few or _SIMPLE.fullmatch(plain) else "K522"


# --- the kind ------------------------------------------------------------------------------


def _areas(field: Field, form: Form) -> Areas:
    if not Phone.areas(field):
        return {}
    entries = form.codes[Phone.areas(field)].entries
    return {e.code: Area(e.code, e.label, int(e.extra["digits"])) for e in entries}


# --- the Excel face ------------------------------------------------------------------------


def _excel_area(digits: str, starts: list[str], wanted: list[str]) -> str:
    """TRUE where digits begin with an area and have the length that it asks for."""
    lengths = sorted({len(start) for start in starts})
    return expressions.either(
        expressions.one_of(
            f"LEFT({digits},{n})&LEN({digits})",
            [w for start, w in zip(starts, wanted, strict=True) if len(start) == n],
        )
        for n in lengths
    )


def _excel_acceptable(digits: str) -> str:
    """TRUE for what is right, or perhaps right, among digits that are no other fault."""

    def length(*lengths: int) -> str:
        return expressions.either(f"LEN({digits})={n}" for n in lengths)

    first, second = f"LEFT({digits},1)", f"MID({digits},2,1)"
    two, three = f"LEFT({digits},2)", f"LEFT({digits},3)"
    return expressions.either(
        [
            f'AND({first}="1",{second}>="3",{length(11)})',
            f'AND({first}="1",{length(5)})',
            f'AND(OR({two}="95",{two}="96"),{length(5, 6)})',
            f'AND(OR({three}="010",{two}="02"),{length(11)})',
            f'AND({first}="0",{second}>="3",{length(11, 12)})',
            f'AND({first}<>"0",NOT(AND({first}="1",{second}>="3")),{length(9, 10, 11)})',
        ]
    )


class Phone(Kind):
    """Telephone numbers of an office."""

    name = "phone"
    example = "13800138000"
    width = 18
    reaches_people = True
    excel_text_cell = True
    areas = ListName(default="")
    mobile_only = Flag()

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        for entry in form.codes[self.areas(field)].entries if self.areas(field) else ():
            digits = entry.extra.get("digits", "")
            if not digits.isdigit() or not re.fullmatch("0[0-9]+", entry.code):
                name = field.options["areas"]
                raise option_error("areas", "form_area_codes", name, list=name, code=entry.code)

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        areas = _areas(field, form)
        if self.mobile_only(field):
            return same_text(cells, map_unique(cells.text, _mobile), "K901")
        return same_text(cells, map_unique(cells.text, lambda t: read(t, areas).text), "K901")

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        areas = _areas(field, form)
        if self.mobile_only(field):
            return by_verdict(("K521", "K522"), lambda c: texts(map_unique(c.text, _no_mobile)))

        def validate(cells: Cells) -> Texts:
            return texts(map_unique(cells.text, lambda t: read(t, areas).code))

        alone = ("K503", "K504", "K501", "K502")
        known = (*alone, *(_NOT_ALONE[code] for code in alone), "K505")
        return by_verdict([one for one in known if areas or one not in _OF_AREAS], validate)

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        return read(text, _areas(field, form)).params

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return f"TRIM({expressions.half_width_digits(expressions.spaced(raw))})"

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        return expressions.substitute(text, ((c, "-") for c in f"{_DASHES}－"))

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        return expressions.number_as_text(raw)

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        areas = _areas(field, form)
        digits = f'SUBSTITUTE({norm},"-","")'
        one = f"LEN({norm})-LEN({digits})"
        after_area = f'OR(MID({norm},4,1)="-",MID({norm},5,1)="-")'
        hyphen = f'OR({one}=0,AND({one}=1,LEFT({norm},1)="0",{after_area}))'
        foreign = f'OR(LEFT({digits},2)="00",AND(LEFT({digits},2)="86",LEN({digits})>=12))'
        simple = f"AND({expressions.all_digits(digits)},{hyphen},NOT({foreign}))"
        wrong = "K521" if self.mobile_only(field) else "K503"
        found = [
            ExcelCondition(wrong, f"{expressions.count_digits(norm)}<{FEWEST_DIGITS}"),
            ExcelCondition("", f"NOT({simple})"),
        ]
        if self.mobile_only(field):
            mobile = f'AND(LEN({digits})=11,LEFT({digits},1)="1",MID({digits},2,1)>="3")'
            return (*found, ExcelCondition(wrong, f"NOT({mobile})"))
        if areas:
            lost = [f"{a.code[1:]}{len(a.code) - 1 + a.digits}" for a in areas.values()]
            found.append(
                ExcelCondition("K504", _excel_area(digits, [code[1:] for code in areas], lost))
            )
        found.append(
            ExcelCondition(
                "K501",
                f'AND(OR(LEN({digits})=7,LEN({digits})=8),LEFT({digits},1)>="2")',
            )
        )
        if areas:
            right = [f"{a.code}{len(a.code) + a.digits}" for a in areas.values()]
            known = expressions.starts_with_any(digits, areas)
            found.append(
                ExcelCondition(
                    "K502", f"AND({known},NOT({_excel_area(digits, list(areas), right)}))"
                )
            )
        found.append(ExcelCondition("K503", f"NOT({_excel_acceptable(digits)})"))
        return tuple(found)
