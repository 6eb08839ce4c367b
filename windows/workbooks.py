"""Workbooks of the test corpora, made in a folder: `python -m windows.workbooks FOLDER COUNT`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from tests.corpus import corpora


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True)
    made = [corpora.generated(folder), corpora.single_faults(folder)]
    shares = [count - count // 2, count // 2]
    for source, share in zip(made, shares, strict=True):
        assert len(list(itertools.islice(source, share))) == share


if __name__ == "__main__":
    main()
