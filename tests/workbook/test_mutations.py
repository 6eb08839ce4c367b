"""Whatever happens to a file on its way, reading answers; it never raises."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from converter.model.issues import Level
from converter.model.submissions import Submission
from tests.workbook.books import parts_of, read, rezip, save

TOKENS = [
    b"<", b">", b'"', b"'", b"/", b'r="', b't="e"', b"<v>", b"</v>", b"<c ", b"</row>", b"&#0;",
    b"99999999", b"-", b"\x00", b"\xff", b"A1:XFD9", b"<sheetData>", b"</sheetData>", b"<!--",
]  # fmt: skip
positions = st.floats(0, 1, exclude_max=True)
unhurried = settings(max_examples=80, deadline=None)


@cache
def sound() -> tuple[bytes, dict[str, bytes]]:
    with TemporaryDirectory() as folder:
        path = save(Path(folder))
        return path.read_bytes(), parts_of(path)


def answered(submission: Submission) -> None:
    refused = [i for i in submission.issues if i.code[0] == "F" and i.level is Level.ERROR]
    if refused:
        assert not submission.sheets
    for raw in submission.sheets.values():
        for column in raw.columns.values():
            assert len(column.text) == len(column.type) == len(raw)


@unhurried
@given(st.lists(st.tuples(positions, st.integers(0, 255)), min_size=1, max_size=8))
def test_bytes_changed_in_the_file(changes: list[tuple[float, int]]) -> None:
    data = bytearray(sound()[0])
    for position, value in changes:
        data[int(position * len(data))] = value
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.xlsx")
        path.write_bytes(data)
        answered(read(path))


@unhurried
@given(
    st.lists(
        st.tuples(positions, positions, st.sampled_from(TOKENS), st.integers(0, 60)),
        min_size=1,
        max_size=3,
    )
)
def test_markup_changed_in_the_parts(changes: list[tuple[float, float, bytes, int]]) -> None:
    parts = dict(sound()[1])
    for which, position, token, length in changes:
        name = sorted(parts)[int(which * len(parts))]
        at = int(position * len(parts[name]))
        parts[name] = parts[name][:at] + token + parts[name][at + length :]
    with TemporaryDirectory() as folder:
        answered(read(rezip(Path(folder, "a.xlsx"), parts)))
