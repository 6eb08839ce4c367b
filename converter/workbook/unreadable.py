"""The one exception for files that cannot be read, with the code of its message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class UnreadableFile(Exception):
    """The file is not read any further. `row` and `column` count from 1; 0 = no cell."""

    def __init__(
        self, code: str, *, sheet: str = "", row: int = 0, column: int = 0, **params: str | int
    ) -> None:
        self.code, self.sheet, self.row, self.column = code, sheet, row, column
        self.params: dict[str, str | int] = params
        super().__init__(code)


@contextmanager
def unreadable_on_error(code: str, *, sheet: str = "", **params: str) -> Iterator[None]:
    """Turn any error that a library raises at bad data into UnreadableFile.

    A lack of memory is no fault of the data alone and passes, as does an UnreadableFile.
    """
    try:
        yield
    except (MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit, UnreadableFile):
        raise
    except BaseException as error:  # a panic of calamine is no Exception
        unreadable = UnreadableFile(code, sheet=sheet)
        unreadable.params = {**params}
        raise unreadable from error
