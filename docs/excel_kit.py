"""Build the folder with which a person checks what only Excel and WPS can show: `make excel-kit`.

Workbooks of invented people, and the page that says what to do and what must be seen.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from converter import template, workbook  # noqa: E402
from converter.model.clock import today  # noqa: E402
from converter.report.annotate import annotated  # noqa: E402
from converter.template.stored import Computed  # noqa: E402
from converter.validation import checking  # noqa: E402
from tests import sample_people, sheets  # noqa: E402
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET, member_cell, put, unit_cell  # noqa: E402

PAGE = HERE / "excel.zh-CN.md"
MANY = 2_000


def build(folder: Path) -> None:
    """Write the kit anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(PAGE, folder / PAGE.name)
    renderer = template.TemplateRenderer(FORM)
    write(folder / "空白表.xlsx", [renderer.blank(rows=FORM.limits["rows"])])
    faulty = checked(with_faults(folder / "有错误的表.xlsx"))
    pieces = annotated(renderer, faulty.submission, faulty.outcome, (), {}, faulty.records)
    write(folder / "标出错误的表.xlsx", pieces)
    many = checked(with_many(folder / "2000人.xlsx"))
    computed = Computed(FORM, many.submission, many.outcome, many.records)
    write(folder / "2000人.xlsx", renderer.filled(many.submission, rows=MANY, computed=computed))


def write(path: Path, pieces: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(pieces))
    print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")


def with_faults(path: Path) -> Path:
    """A filled workbook with a number wrong, one twice, a name missing and too many members."""
    book = sheets.fill(sheets.blank())
    people = book[MEMBER_SHEET]
    put(people, member_cell(book, 2, "身份证号"), "13010219900101990")
    put(people, member_cell(book, 5, "身份证号"), people[member_cell(book, 4, "身份证号")].value)
    put(people, member_cell(book, 3, "会员姓名"), None)
    put(book[UNIT_SHEET], unit_cell(book, "会员总数"), 40)
    book.save(path)
    return path


def with_many(path: Path) -> Path:
    book = sheets.fill(sheets.blank(MANY))
    for number in range(1, MANY + 1):
        name, id_number, joined = sample_people.member(number)
        for heading, value in (
            ("会员姓名", name),
            ("身份证号", id_number),
            ("加入工会时间", joined),
        ):
            put(book[MEMBER_SHEET], member_cell(book, number, heading), value)
    book.save(path)
    return path


def checked(path: Path) -> checking.Checked:
    return checking.check([workbook.read(path, FORM)], FORM, today())[0]


if __name__ == "__main__":
    build(Path(sys.argv[1]))
