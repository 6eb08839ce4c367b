"""Every writing of a day that people use is read as that day, or asked about: never as another."""

from __future__ import annotations

from calendar import month_abbr, month_name
from datetime import date, timedelta
from random import Random

import pytest

from converter.kinds import written_days
from converter.model.forms import Field
from tests.kinds.validating import field, params, validate, verdict

JOINED, BIRTHDAY = field("member.joined_on"), field("unit.chair_birthday")
NUMERALS = "〇一二三四五六七八九"


def spoken(number: int, ten: str = "十") -> str:
    """A number below 100 in Chinese."""
    tens, ones = divmod(number, 10)
    head = NUMERALS[tens] if tens > 1 else ""
    return (f"{head}{ten}" if tens else "") + (NUMERALS[ones] if ones else "")


def chinese(number: int) -> str:
    return "".join(NUMERALS[int(digit)] for digit in str(number))


def formal(text: str) -> str:
    return text.translate(str.maketrans(NUMERALS + "十", "零壹贰叁肆伍陆柒捌玖拾"))


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def certain(day: date) -> list[str]:
    """Writings with one meaning."""
    y, m, d = day.year, day.month, day.day
    signs = [f"{y}{s}{m}{s}{d}" for s in "./-、,，\\·—–_ 。．／－"]
    signs += [f"{y}{s}{m:02}{s}{d:02}" for s in "./-、 "]
    whole = f"{chinese(y)}年{spoken(m)}月{spoken(d)}日"
    marked = f"{y}年{m}月{d}日"
    english = f"{day:%a} {month_abbr[m]} {d:02} {y} 00:00:00 GMT+0800 (中国标准时间)"
    return [
        *signs, whole, whole.replace("〇", "零"), whole.replace("〇", "O"), whole.replace("〇", "○"), formal(whole),
        marked, wide(marked), f"{y}年{m}月{d}号", f"{y}年{m}月{d}", f"{y} 年 {m} 月 {d} 日", f"{y}年{m:02}月{d:02}日入会",
        f"公元{marked}", f"民国{y - 1911}年{m}月{d}日", f"民国{y - 1911}.{m}.{d}", f"{m}月{d}日{y}年", f"{y}.{m}.{d}.", f"{y}.{m}.{d}。",
        f"{y}-{m}-{d} 0:00", f"{day}T00:00:00Z", f"{day}T00:00:00+08:00", f"{day}T00:00:00.000", f"{day} 08:30:15", f"{marked} 8时30分",
        f"{day:%Y%m%d}", f"{day:%Y%m%d}.0", f"{y}.{m:02}-{d:02}", f"{y}/{m}-{d}", f"{y}.{m:02}{d:02}", f"{y}{m:02}.{d:02}", f"{marked}（周{NUMERALS[1]}）",
        f"“{y}.{m}.{d}”", f"（{y}-{m}-{d}）", f"'{day}", f"{d}-{month_abbr[m]}-{y}", f"{month_name[m]} {d}, {y}", english, f"{y}年{spoken(m)}月{spoken(d)}日",
        f"{y}..{m}..{d}", f"{y}年-{m}月-{d}日", f"\t{y}\u3000{m}\u00a0{d}\u200b",
    ]  # fmt: skip


def doubtful(day: date) -> list[str]:
    """Writings that may have another meaning, or none without knowing more."""
    y, m, d = day.year, day.month, day.day
    short, month = f"{y % 100:02}", month_abbr[m]
    serial = (day - written_days.EPOCH).days
    return [
        *(f"{short}{s}{m}{s}{d}" for s in "./- 、"), *(f"{short}{s}{m:02}{s}{d:02}" for s in "./-"), f"{short}年{m}月{d}日", f"'{short}.{m}.{d}",
        *(f"{m}{s}{d}{s}{y}" for s in "./-"), *(f"{d:02}{s}{m:02}{s}{y}" for s in "./-"), f"{m}/{d}/{short}", f"{m:02}/{d:02}/{short}", f"{d}.{m}.{short}",
        f"{d}-{month}-{short}", f"{short}-{month}-{d}", f"{month}-{d}", f"{m}月{d}日", f"{m}.{d}", f"{day:%m%d%Y}", str(serial),
        f"{serial}.5", f"民国{short}年{m}月{d}日"[2:], f"{chinese(y)[2:]}年{spoken(m)}月{spoken(d)}日", f"农历{y}年{m}月{d}日", f"{y}年{m}月{d}日离职",
    ]  # fmt: skip


RANDOM = Random(15)
DAYS = [date(1921, 1, 1) + timedelta(RANDOM.randrange(38_300)) for _ in range(150)]
DAYS += [
    date(2000, 12, 31),
    date(2011, 11, 11),
    date(2010, 1, 1),
    date(1999, 10, 20),
    date(2012, 2, 29),
]


@pytest.mark.parametrize("of", [JOINED, BIRTHDAY], ids=lambda f: f.key)
def test_writings_with_one_meaning_are_read(of: Field) -> None:
    typed = {text: str(day) for day in DAYS for text in certain(day)}
    found = dict(zip(typed, validate(of, *typed), strict=True))
    if of is BIRTHDAY:  # nobody's birthday is a day of joining
        assert {found.pop(text).fault for text in typed if "入会" in text} == {"K401"}
    assert [(t, v) for t, v in found.items() if v[:2] != (typed[t], "")] == []


@pytest.mark.parametrize("of", [JOINED, BIRTHDAY], ids=lambda f: f.key)
def test_other_writings_are_read_right_or_asked_about(of: Field) -> None:
    typed = [(text, str(day)) for day in DAYS for text in doubtful(day) if day.year < 2027]
    found = validate(of, *(text for text, _ in typed))
    both = list(zip(typed, found, strict=True))
    assert [(t, v) for t, v in both if not v.fault and v.text != t[1]] == []
    assert sum(not v.fault for v in found) > len(found) / 5


@pytest.mark.parametrize(
    ("typed", "meanings"),
    [
        ("5/1/2010", "2010-01-05、2010-05-01"),
        ("22.5.1", "1922-05-01、2022-05-01"),
        ("13/5/10", "2010-05-13、2013-05-10"),
    ],
)
def test_a_question_names_the_days_that_are_meant(typed: str, meanings: str) -> None:
    found = params(JOINED, typed)
    assert (found["variant"], found["meanings"]) == ("several", meanings)


def test_words_beside_a_day_are_those_of_the_heading() -> None:
    assert verdict(JOINED, "2010年5月1日加入工会").text == "2010-05-01"
    assert verdict(JOINED, "2010年5月1日出生").fault == "K401"
    assert verdict(field("member.birthday"), "2010年5月1日出生").text == "2010-05-01"
