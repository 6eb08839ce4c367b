"""What clerks type: good and bad writings of every kind, drawn at random but always the same.

All people are invented: their numbers have a valid check digit and an obviously made-up
sequence.
"""

from __future__ import annotations

import random
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from converter.model.cell_types import CellType
from converter.model.clock import today
from converter.model.forms import Field, Form, Sheet
from converter.model.submissions import RawColumn, RawSheet, Stamp, Submission
from converter.template.layout import MemberLayout, UnitLayout
from converter.text.cell_values import number_text
from tests.opened import put_typed
from tests.people import credit_code, id_number, licence_number


@dataclass(frozen=True, slots=True)
class Typed:
    text: str
    type: CellType


def text(*written: str) -> list[Typed]:
    return [Typed(w, CellType.TEXT if w else CellType.BLANK) for w in written]


def number(*values: float) -> list[Typed]:
    return [Typed(number_text(v), CellType.NUMBER) for v in values]


def day(*values: str) -> list[Typed]:
    return [Typed(v, CellType.DATE) for v in values]


BLANK = Typed("", CellType.BLANK)
ODD = [
    Typed("TRUE", CellType.BOOL),
    Typed("FALSE", CellType.BOOL),
    Typed("#N/A", CellType.ERROR),
    Typed("#DIV/0!", CellType.ERROR),
    *text("　", "\u200b \u00a0", "\t"),
]
TODAY = today()
WOMAN = id_number("130102", "1985-03-07", 2)
MAN = id_number("130102", "1972-11-30", 1)

NAMES = {
    "good": text(
        "王示例", "𠮷示例", "李𠀀𠮷", "阿依古丽·示例", "买买提•示例", "示 例", " 示例 ", "示\u200b例",
        "〇示例", "Smith", "J. Smith", "ｗａｎｇ", "张三丰", "示", "欧阳示例",
    ),
    "bad": [
        *text(
            "王123", "王示例1", "（王示例）", "王,示例", "=王", "＝王", "@王", "+86", "-王", "王*", "王?",
            "王／李", "王、李", "示" * 80, "１２３", "王示例（退休）", "示例。", "□示例", "Smith!", "_王", "~*",
        ),
        *number(123, 0, 1.5),
    ],
}  # fmt: skip
PERMITS = (
    "E12345678",
    "H1234567890",
    "HKG198001011234",
    "TK1234567",
    "12345678",
    "987654321",
    "01234567",
    "C01X00T47",
    "G1234567",
    "AB12345",
    "ABC123456789012",
    "AB3123456789012",
    "ABC1234567890",
    "ABCD12345",
    "20011231",
    "x12345678",
)
IDS = {
    "good": [
        *text(
            WOMAN, MAN, MAN.lower(), f"{WOMAN[:6]} {WOMAN[6:14]} {WOMAN[14:]}", f" {MAN}\u3000",
            "".join(chr(ord(c) + 0xFEE0) for c in WOMAN), f"'{MAN}",
            id_number("810000", "1990-02-28", 3), id_number("830000", "1961-12-31", 4),
            id_number("911123", "1988-08-08", 6), id_number("130102", "2000-02-29", 7),
            id_number("130102", "1915-06-15", 8), id_number("130102", "2009-01-01", 9),
        ),
    ],
    "bad": [
        *text(
            "130102660312003", "123456789012345", MAN[:17], MAN + "0", MAN[:-1], "13010219", "无", "*",
            MAN[:16] + "O" + MAN[17], "X" * 18, MAN[:17] + "y", "1301021985030700２",
            id_number("130102", "1985-02-30", 1), id_number("130102", "1985-13-01", 1),
            id_number("130102", "1900-02-29", 1), id_number("130102", "1785-01-01", 1),
            id_number("130102", (TODAY + timedelta(days=40)).isoformat(), 1),
            *PERMITS, MAN[:17] + ("1" if MAN[17] != "1" else "2"), "=1+1", MAN + "；" + WOMAN, "0" * 18,
        ),
        *number(float(MAN[:17] + "0"), 130102660312003, 0, 1301021985.5, 42),
        *day("1985-03-07"),
    ],
}  # fmt: skip
DATES = {
    "good": day(
        "2010-05-01", "1999-12-31", "2020-02-29", "1985-03-07", "2001-01-15", "2021-06-01T08:30:00",
        (TODAY - timedelta(days=1)).isoformat(), TODAY.isoformat(),
    ) + number(20100501, 20200229, 40299, 36526.5),
    "bad": [
        *day((TODAY + timedelta(days=1)).isoformat(), "2090-01-01", "1905-06-20", "1901-01-01"),
        *day("1925-10-10"),
        *number(2010.5, 2010.1, 2010, 20100230, 20101301, 18991231, 99999999, 0, -5, 0.25, 80000),
    ],
    "text": text(
        "2010.5.1", "2010年5月1日", "20100501", "2010/5/1", "2010-05", "2010.1", "２０１０年", "不详",
        "10.5.1", "2010-02-30", "五月", "=TODAY()",
    ),
}  # fmt: skip
COUNTS = {
    "good": [
        *number(0, 1, 2, 3, 12, 40, 120, 130, 25),
        *text("12", "１２", " 7 ", "12人", "1,200"),
    ],
    "bad": [
        *number(-1, 1.5, 99_999_999, 1e15, 0.1),
        *text(
            "十二", "约12", "-3", "1.5", "12-15", "无", "=1", "人", "1,2", "--5", ".", "5.0", "1e5"
        ),
        *day("2010-05-01"),
    ],
}
PHONES = text(
    "0311-85551234", "0311 85551234", "031185551234", "(0311)85551234", "0311-85551234转801",
    "13900000000", "400-800-1234", "0311-85551234、13900000000", "85551234", "0311-8555123", "电话",
    "31185551234", "010-12345", "+86 311 85551234", "=0311", "0311-85551234；0319-3100722",
) + number(31185551234, 13900000000, 85551234)  # fmt: skip
POSTCODES = text(
    "050000", "054000", "０６７０００", "54000", "100000", "0500", "05000O", "050 000", "无"
) + (number(50000, 54000, 100000, 67000, 1, 5.5))
REGISTRATIONS = text(
    credit_code("91130102MA0000000"), credit_code("A1130102MA0000000"), credit_code("91130102MA0000000").lower(),
    credit_code("91130102MA0000000")[:17] + "0", licence_number("13010200000001"), "130102000000000",
    "1301020000001", "13010200", "无", "91130102MA000000O1", "冀工商123",
) + number(130102000000000, 911301020000000000)  # fmt: skip
CERTIFICATES = text(
    credit_code("81130102MC0000000"), credit_code("81130102MC0000000")[:17] + "0", "冀工法证字第0001号",
    "81130102", "=1", "＝1", "示" * 250, "8113 0102",
) + number(813001)  # fmt: skip
TEXTS = text(
    "示例路1号", " 示例 路 ", "=HYPERLINK(1)", "＋86", "-", "@示例", "示" * 200, "示" * 201, "\n示例", "A&B<C>", '"引号"',
    "𠮷" * 150, "'示例", "*", "?", "\u200b=1",
) + number(12, 1.5, 20100501)  # fmt: skip


class Clerk:
    """Fills sheets in, one after the other; the same seed types the same.

    Writings are dealt like cards: in a field none comes twice before all have come once.
    """

    def __init__(self, form: Form, seed: int) -> None:
        self.form, self.dice = form, random.Random(seed)
        self._decks: dict[tuple[str, bool], list[Typed]] = {}

    def one(self, field: Field, *, wrong: float) -> Typed:
        """Something for a field; `wrong` is how likely it is faulty or odd."""
        bad = self.dice.random() < wrong
        if bad and self.dice.random() < 0.15:
            return self.dice.choice(ODD)
        if self.dice.random() < 0.1:
            return BLANK
        deck = self._decks.setdefault((field.path, bad), [])
        if field.kind == "choice" or not deck:
            deck[:] = self._writings(field, bad)
            self.dice.shuffle(deck)
        return deck.pop()

    def _writings(self, field: Field, bad: bool) -> list[Typed]:
        side = "bad" if bad else "good"
        match field.kind:
            case "person_name":
                return NAMES[side]
            case "document_number":
                others = text("E12345678", "军字第0123456号", "EA1234567", "e12345678", "AB-12")
                return [*others, *(IDS[side] if bad else [*IDS["good"], *self._people()])]
            case "region":
                return text("13010", "示例") if bad else text("130104", "130102")
            case "id_number":
                return IDS[side] if bad else [*IDS["good"], *self._people()]
            case "date":
                return [*DATES["bad"], *DATES["text"]] if bad else DATES["good"]
            case "count":
                return COUNTS[side]
            case "choice":
                return self._choices(field, bad)
            case "phone" if field.options.get("mobile_only"):
                mobiles = text("13900000000", "139 0000 0001", "１３９００００００02")
                return PHONES if bad else [*mobiles, *number(13900000003)]
            case "phone":
                return PHONES if bad else PHONES[:8]
            case "postcode":
                return POSTCODES if bad else POSTCODES[:2]
            case "registration_number":
                return REGISTRATIONS if bad else REGISTRATIONS[:1]
            case "certificate_number":
                return CERTIFICATES if bad else CERTIFICATES[:1]
            case _:
                return TEXTS if bad else TEXTS[:2]

    def _people(self) -> list[Typed]:
        born = date(1960, 1, 1) + timedelta(days=self.dice.randrange(15000))
        return text(id_number("130102", born.isoformat(), self.dice.randrange(1, 900)))

    def _choices(self, field: Field, bad: bool) -> list[Typed]:
        entries = self.form.codes[field.options["codes"]].entries
        entry = self.dice.choice(entries)
        if not bad:
            return text(entry.label, entry.label, entry.code, *entry.aliases)
        numeric = number(float(entry.code)) if entry.code.isdigit() else []
        return [
            *numeric,
            *number(999, 1.5, 0),
            *text(
                entry.label + "类", f" {entry.label} ", entry.label[:1], "没有", "*", "?", "~", "=是",
                entry.label.replace("(", "（").replace(")", "）"), entry.code + "0", entry.label[:-1] + "*",
            ),
        ]  # fmt: skip

    def unit(self, wrong: float) -> RawSheet:
        columns, reasons = {}, {}
        for field in self.form.record:
            if field.derive:
                continue
            typed = self.one(field, wrong=wrong)
            columns[field.key] = RawColumn([typed.text], [int(typed.type)])
            if self.dice.random() < 0.2:
                reasons[field.key] = [self.dice.choice(["情况属实", "　", "\u200b", "退休返聘"])]
        return RawSheet(self.form.record.title, columns, [1], {}, reasons)

    def table(self, sheet: Sheet, rows: int, wrong: float) -> RawSheet:
        fields = [field for field in sheet if not field.derive]
        texts: dict[str, list[str]] = {field.key: [] for field in fields}
        types: dict[str, list[int]] = {field.key: [] for field in fields}
        seen: list[Typed] = []
        for _ in range(rows):
            for field in fields:
                typed = self.one(field, wrong=wrong)
                if field.kind == "id_number":
                    if seen and self.dice.random() < 0.1:
                        typed = self.dice.choice(seen)
                    if typed.text in PERMITS and typed in seen:
                        typed = BLANK  # whether two are alike is asked once both have a reason
                    seen.append(typed)
                texts[field.key].append(typed.text)
                types[field.key].append(int(typed.type))
        columns = {key: RawColumn(texts[key], types[key]) for key in texts}
        reasons = [self.dice.choice(["", "", "", "特殊情况", " "]) for _ in range(rows)]
        return RawSheet(sheet.title, columns, list(range(1, rows + 1)), {}, {"": reasons})

    def submission(self, name: str, rows: int, wrong: float) -> Submission:
        sheets = {self.form.record.key: self.unit(wrong)}
        sheets |= {table.key: self.table(table, rows, wrong) for table in self.form.tables}
        return Submission(name, sheets, Stamp())

    def type_over(self, workbook: Any, rows: int) -> None:
        """What no data carries over: derived cells typed over, and numbers typed straight
        into cells made for dates. The first row's formulas stay: they are the others'."""
        unit, member = (workbook[sheet.title] for sheet in self.form.sheets)
        lines, layout = UnitLayout(self.form.record).rows, MemberLayout(self.form.main_table, rows)
        derived: list[Any] = []
        of_permits: list[Any] = []  # nothing follows from a permit: sex and birthday are typed
        dates: list[Any] = []
        for field in self.form.record:
            cell = unit.cell(lines[field.key], UnitLayout.ANSWER)
            (derived if field.derive else dates if field.kind == "date" else []).append(cell)
        for field in self.form.main_table:
            column = layout.columns[field.key]
            cells = [member.cell(layout.FIRST_ROW + n, column) for n in range(rows)]
            if field.derive:
                derived += cells[1:]
                source = layout.columns[field.derive.source]
                of_permits += [c for c in cells[1:] if member.cell(c.row, source).value in PERMITS]
            elif field.kind == "date":
                dates += cells
        for cell in dates:
            if cell.data_type == "n" and cell.value is not None and self.dice.random() < 0.5:
                cell._style = copy(cell._style)
                cell.number_format = "yyyy-mm-dd"
        typed = [
            *text("男", "女", "1", "联合基层工会", "第三", " 女 ", "2"),
            *ODD[:4],
            *day("1985-03-07"),
        ]
        for cell in of_permits:
            chosen = self.dice.choice([*typed, *day("1985-03-07", "2090-01-01"), BLANK])
            if chosen is not BLANK:
                put_typed(cell, chosen.text, chosen.type)
        for cell in derived:
            if self.dice.random() < 0.2:
                chosen = self.dice.choice([*typed, *number(1, 2, 19850307)])
                put_typed(cell, chosen.text, chosen.type)
