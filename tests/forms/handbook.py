"""The changes that the maintainer's handbook shows, done to a form's cards as it says.

A snippet begins with a comment: the file, and what to do there. `# unit.toml` adds the card at the
end, `# unit.toml 加在 phone 后面` behind another one, `改成` replaces the card of the same key (or
single lines of a table), `删掉` takes it out. `# codes/x.csv` adds lines to a list.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "maintainer.zh-CN.md"
_SNIPPET = re.compile(r"^```(toml|csv)\n# (\S+)(?: ([^\n]+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Snippet:
    file: str
    action: str  # '' = add at the end
    text: str

    @property
    def name(self) -> str:
        params = (Path(self.file).stem, self.action or "加", *self.keys)
        return "-".join(params).replace(" ", "")

    @property
    def keys(self) -> list[str]:
        """Keys and codes of the cards, or names of the values, that it is about."""
        if self.file.endswith(".csv"):
            return [self.text.partition(",")[0]]
        found = []
        for cards in tomllib.loads(self.text).values():
            if isinstance(cards, list):
                found += [str(card.get("key") or card["code"]) for card in cards]
            else:
                found += [*cards]
        return found

    def apply(self, form: Path) -> None:
        path = form / self.file
        text = path.read_text(encoding="utf-8")
        path.write_text(self._applied(text), encoding="utf-8")

    def _applied(self, text: str) -> str:
        if self.file.endswith(".csv"):
            return text.rstrip("\n") + "\n" + self.text
        if not self.text.startswith("[["):
            return self._with_values(text)
        blocks = re.split(r"^(?=\[\[)", text, flags=re.MULTILINE)
        if not self.action:
            return "".join([*blocks, "\n", self.text])
        behind = re.fullmatch(r"加在 (\S+) 后面", self.action)
        at = _place(blocks, behind[1] if behind else self.keys[0])
        if behind:
            blocks.insert(at + 1, self.text + "\n")
        else:
            blocks[at] = {"改成": self.text + "\n", "删掉": ""}[self.action]
        return "".join(blocks)

    def _with_values(self, text: str) -> str:
        """The text with these lines of a table in place of its own."""
        head, *lines = self.text.splitlines()
        start = text.index(f"{head}\n") + len(head) + 1
        end = text.index("\n[", start)
        table = text[start:end]
        for line in lines:
            name = line.partition(" = ")[0]
            table, changed = re.subn(rf"^{name} = .*$", line, table, flags=re.MULTILINE)
            table = table if changed else f"{line}\n{table}"
        return text[:start] + table + text[end:]


def _place(blocks: list[str], key: str) -> int:
    wanted = re.compile(rf'^(?:key|code) = "{key}"', re.MULTILINE)
    (at,) = (n for n, block in enumerate(blocks) if wanted.search(block))
    return at


def snippets() -> list[Snippet]:
    page = PAGE.read_text(encoding="utf-8")
    return [Snippet(file, action, text) for _, file, action, text in _SNIPPET.findall(page)]
