"""Edits member sheets in LibreOffice the way a clerk does. Run by LibreOffice's own Python:

    clerk.py PIPE calculate|believe (WORKBOOK RESULT WHAT)…

In the end all is computed anew, or only what the program itself finds to have changed.

WHAT is words joined by commas, done one after the other: delete:ROW, insert:ROW,
copy:ROW (inserted again below itself),
sort:AREA:COLUMN (downwards; its columns count from 0), clear:ROW, write:ADDRESS=TEXT,
paste:ADDRESS=CELL|CELL/CELL|CELL (rows of a list of her own, its looks included),
sheet:NUMBER (go on in another sheet, counted from 0).
"""

import sys
import time
from typing import Any

import uno  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from com.sun.star.connection import NoConnectException  # type: ignore[import-not-found]
from com.sun.star.table import TableSortField  # type: ignore[import-not-found]

MEMBER_SHEET = 2


def value(name: str, content: Any) -> Any:
    made = PropertyValue()
    made.Name, made.Value = name, content
    return made


def connect(pipe: str) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", local
    )
    address = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
    for _ in range(600):  # until the program listens
        try:
            context = resolver.resolve(address)
            break
        except NoConnectException:
            time.sleep(0.2)
    else:
        raise SystemExit("LibreOffice does not answer")
    return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)


def edit(document: Any, what: str) -> None:
    sheet = document.Sheets.getByIndex(MEMBER_SHEET)
    for word in what.split(","):
        verb, _, rest = word.partition(":")
        if verb == "delete":
            sheet.Rows.removeByIndex(int(rest) - 1, 1)
        elif verb == "insert":
            sheet.Rows.insertByIndex(int(rest) - 1, 1)
        elif verb == "copy":
            row = int(rest)
            sheet.Rows.insertByIndex(row, 1)
            whole = sheet.Rows.getByIndex(row - 1).RangeAddress
            sheet.copyRange(sheet.getCellByPosition(0, row).CellAddress, whole)
        elif verb == "sort":
            area, _, column = rest.rpartition(":")
            rows = sheet.getCellRangeByName(area)
            field = TableSortField()
            field.Field, field.IsAscending = int(column), False
            fields = uno.Any("[]com.sun.star.table.TableSortField", (field,))
            rows.sort((value("SortFields", fields), value("ContainsHeader", False)))
        elif verb == "clear":
            row = int(rest) - 1
            sheet.getCellRangeByPosition(0, row, 60, row).clearContents(1 + 2 + 4 + 16)
        elif verb == "paste":
            address, _, text = rest.partition("=")
            paste(document, sheet.getCellRangeByName(address).CellAddress, text)
        elif verb == "sheet":
            sheet = document.Sheets.getByIndex(int(rest))
        elif verb == "write":
            address, _, text = rest.partition("=")
            sheet.getCellRangeByName(address).setString(text)
        else:
            raise SystemExit(f"what is {word!r}?")


def paste(document: Any, target: Any, text: str) -> None:
    document.Sheets.insertNewByName("own", document.Sheets.Count)
    own = document.Sheets.getByName("own")
    rows = [line.split("|") for line in text.split("/")]
    block = own.getCellRangeByPosition(0, 0, len(rows[0]) - 1, len(rows) - 1)
    block.CellBackColor, block.CharHeight, block.CharWeight = 0xFF99CC, 20.0, 150.0
    for at, row in enumerate(rows):
        for column, content in enumerate(row):
            own.getCellByPosition(column, at).setString(content)
    sheet = document.Sheets.getByIndex(target.Sheet)
    sheet.copyRange(target, block.RangeAddress)
    document.Sheets.removeByName("own")


def main() -> None:
    pipe, mode, *steps = sys.argv[1:]
    desktop = connect(pipe)
    for source, result, what in zip(steps[0::3], steps[1::3], steps[2::3], strict=True):
        document = desktop.loadComponentFromURL(
            uno.systemPathToFileUrl(source), "_blank", 0, (value("Hidden", True),)
        )
        edit(document, what)
        if mode == "calculate":
            document.calculateAll()
        document.storeToURL(
            uno.systemPathToFileUrl(result),
            (value("FilterName", "Calc MS Excel 2007 XML"),),
        )
        document.close(True)


main()
