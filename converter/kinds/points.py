"""Texts of one width as arrays of numbers, for checks that look at single characters.

>>> points(pd.Series(["19X", "4"]), 4).tolist()
[[1, 9, 40, -48], [4, -48, -48, -48]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from converter.kinds.base import texts
from converter.model.arrays import np, pd

if TYPE_CHECKING:
    import numpy.typing as npt

Points: TypeAlias = "npt.NDArray[np.int8]"
POINTS_AT_ONCE = 8_192  # texts; four bytes a character while they are turned into numbers


def points(text: pd.Series, width: int) -> Points:
    """Characters of fixed-width texts as numbers, a row a text: digits are 0-9, nothing is -48, and
    whatever is far from a digit 127.

    Longer texts are cut, so ask for one column more than a right text has.
    """
    listed = texts(text)
    result = np.empty((len(listed), width), dtype=np.int8)
    for at in range(0, len(listed), POINTS_AT_ONCE):
        fixed = listed[at : at + POINTS_AT_ONCE].astype(f"U{width}")
        characters = fixed.view(np.int32).reshape(len(fixed), width)
        characters -= ord("0")
        result[at : at + len(fixed)] = np.minimum(characters, 127, out=characters)
    return result
