"""Names that are nearly the same: what somebody may have meant.

>>> Nearest(["示例机械有限公司工会", "示例纺织厂工会"]).to("示例机械有限公司公会")
['示例机械有限公司工会']
"""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable

from converter.text.characters import plain_name

PROPOSED = 3
CANDIDATES = 30  # that are compared letter by letter
ALIKE = 0.75  # of difflib's ratio: one character in eight may differ, or be more


class Nearest:
    """Names, indexed by the pairs of characters in them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {plain_name(name): name for name in names}
        self._having: dict[str, list[str]] = defaultdict(list)
        for name in self._names:
            for pair in set(_pairs(name)):
                self._having[pair].append(name)

    def to(self, name: str) -> list[str]:
        """The few that are most like this one, the nearest first."""
        wanted = plain_name(name)
        common: Counter[str] = Counter()
        for pair in set(_pairs(wanted)):
            having = self._having.get(pair, ())
            # Pairs that most names have tell nothing apart.
            if len(having) <= max(CANDIDATES, len(self._names) // 10):
                common.update(having)
        likely = [one for one, _ in common.most_common(CANDIDATES) if one != wanted]
        found = difflib.get_close_matches(wanted, likely, PROPOSED, ALIKE)
        return [self._names[one] for one in found]


def _pairs(name: str) -> list[str]:
    return [name[at : at + 2] for at in range(len(name) - 1)]
