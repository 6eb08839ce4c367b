"""Rows → a Parquet file, as they come."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from converter.files import writing
from converter.register.schema import connect, quoted

ROWS_AT_ONCE = 4_096
MEMORY = "300MB"


def write(
    path: Path,
    header: Sequence[str],
    numbers: Mapping[int, str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Write a file for its owner alone; the columns of these numbers (from 0) are numbers of
    a type of DuckDB, the others text. Raises OSError."""
    source, target = writing.private_name(path.parent), writing.private_name(path.parent)
    try:
        writing.write_bytes_atomically(source, _lines(rows), private=True)
        kinds = ", ".join(
            f"'{quoted(title)}': '{numbers.get(n, 'VARCHAR')}'" for n, title in enumerate(header)
        )
        with connect(None) as connection:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute(
                "COPY (SELECT * FROM read_csv(?, auto_detect = false, header = false,"
                " parallel = false, delim = ',', quote = '\"', escape = '\"',"
                f" columns = {{{kinds}}})) TO '{quoted(target)}'"
                " (FORMAT parquet, COMPRESSION zstd)",
                [str(source)],
            )
        writing.replace_durably(target, path)
    finally:
        source.unlink(missing_ok=True)
        target.unlink(missing_ok=True)


def _lines(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    for number, row in enumerate(rows, 1):
        writer.writerow(row)
        if number % ROWS_AT_ONCE == 0:
            yield stream.getvalue().encode()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue().encode()
