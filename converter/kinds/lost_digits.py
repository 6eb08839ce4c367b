"""Numbers with more digits than a spreadsheet keeps: the last of them are zeros for good."""

from __future__ import annotations

from converter.kinds.base import Cells, Check, ExcelCondition, Mask, failing, numbers
from converter.model.arrays import np

DIGITS_KEPT = 10**15  # numbers from here on have more digits than are kept (15)


def lost_digits(code: str) -> Check:
    """A long number in a numeric cell."""

    def wrong(cells: Cells) -> Mask:
        with np.errstate(invalid="ignore"):
            result: Mask = numbers(cells) >= DIGITS_KEPT
        return result

    return failing(code, wrong)


def excel_lost_digits(code: str, raw: str) -> ExcelCondition:
    return ExcelCondition(code, f"IF(ISNUMBER({raw}),{raw}>={DIGITS_KEPT},FALSE)")
