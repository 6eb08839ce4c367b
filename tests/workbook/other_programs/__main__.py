"""Make the workbooks of this folder anew, where Node.js and LibreOffice are installed:

    npm install --prefix /some/folder xlsx@0.18.5 exceljs@4.4.0
    NODE_PATH=/some/folder/node_modules python -m tests.workbook.other_programs

A clerk fills in the form, LibreOffice computes it, and each library opens and saves it.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests import sheets
from tests.parity.office import recalculated
from tests.people import MEMBERS, UNIT

HERE = Path(__file__).parent
SAVED = {"SheetJS": (".xlsx", ".xls"), "exceljs": (".xlsx",)}
FAULTS = {"驻地邮政编码": 54000, "会员总数": 3}


def filled(folder: Path) -> Path:
    """Five people: one number too short, one date that is none, one name missing."""
    people = list(MEMBERS[:5])
    people[1] = (people[1][0], people[1][1][:-1], people[1][2])
    book = sheets.fill(sheets.blank(6), {**UNIT, **FAULTS}, people)
    page = book[sheets.MEMBER_SHEET]
    sheets.put(page, sheets.member_cell(book, 4, "加入工会时间"), "去年六月")
    sheets.put(page, sheets.member_cell(book, 5, "会员姓名"), None)
    path = folder / "filled.xlsx"
    book.save(path)
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (original,) = recalculated([filled(Path(folder))], Path(folder))
        for library, suffixes in SAVED.items():
            for suffix in suffixes:
                script, target = HERE / "resave.cjs", HERE / f"{library}{suffix}"
                subprocess.run(["node", script, library, original, target], check=True)


if __name__ == "__main__":
    main()
