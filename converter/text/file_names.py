"""File names as people see them: what cannot be seen in one never decides what the file is, and
is not carried into the names of what is made from it.

>>> suffix("花名册.xlsx\\u200b"), suffix("上报.zip "), suffix("表.XL\\u200eSX")
('.xlsx', '.zip', '.xlsx')
>>> stem("表\\u200b甲 .xlsx"), stem("\\u200b.xlsx")
('表甲', '_')
"""

from __future__ import annotations

from pathlib import PurePath

from converter.text import characters


def cleaned(name: str) -> str:
    """A name without invisible characters, and without spaces at its ends."""
    return characters.strip(characters.without_invisible(name))


def suffix(path: PurePath | str) -> str:
    """What a file calls itself, in small letters; '' where it has no suffix."""
    return PurePath(cleaned(PurePath(path).name)).suffix.lower()


def stem(path: PurePath | str) -> str:
    """The name without its suffix, for names that are made from it."""
    plain = characters.strip(PurePath(cleaned(PurePath(path).name)).stem)
    return "_" if plain.startswith(".") or not plain else plain
