"""python -m tests.corpus.accept: from now on, what is found in the corpora is what is right.

Run it only where a change of outcome is meant; the change of issues.txt shows what changed.
"""

from __future__ import annotations

from tests.corpus.table import accept

if __name__ == "__main__":
    accept()
