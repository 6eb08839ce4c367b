"""Texts over which a pattern could stumble, character by character from each of its places."""

from __future__ import annotations

from pathlib import Path

from tests.people import id_number
from tests.safety.making import SOUND, STYLES, case, rows, text, write

LONGEST = 32_767  # characters of a cell


@case(f"{SOUND} K401")
def days_of_colons(path: Path) -> None:
    made = ""
    for n in range(20, 25):
        texts = {
            "B": "王示例",
            "C": id_number("130102", "1985-03-07", 970 + n),
            "D": ":" * (LONGEST - n),
        }
        cells = (
            f'<c r="{column}{n}" t="inlineStr"><is><t>{shown}</t></is></c>'
            for column, shown in texts.items()
        )
        made += f'<row r="{n}">{"".join(cells)}</row>'
    rows(path, made)


@case(SOUND)
def formats_of_brackets(path: Path) -> None:
    code = "[$" * 20_000
    styles = text(STYLES).replace(
        "</numFmts>", f'<numFmt numFmtId="199" formatCode="{code}"/></numFmts>'
    )
    write(path, {STYLES: styles.replace("</cellXfs>", '<xf numFmtId="199"/></cellXfs>')})
