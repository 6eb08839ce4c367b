"""The text of a TOML file, changed key by key: everything else stays as somebody wrote it.

A text is a list of statements: a heading (`[limits]`) or `key = value`, each with the blank and
comment lines before it. Where a statement ends is for `tomllib` to say: it ends with the first
line up to which the text can be read. So strings and lists over many lines need no code here.

>>> text = TomlText.of('# Rows.\\nrows = 5  # a blank workbook\\n')
>>> text.set(("rows",), 7)
>>> text.set(("live", "most"), 9)
>>> print(text.render(), end="")
# Rows.
rows = 7  # a blank workbook
<BLANKLINE>
[live]
most = 9
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, TypeAlias

Path: TypeAlias = "tuple[str, ...]"
Part: TypeAlias = "tuple[Path | None, bool, tuple[str, ...]]"
KEPT = 2048  # texts of cards and files, lines: a form or two
WIDEST = 100  # characters of a list on one line
SHORT_ENTRY = 12  # entries up to this many characters share a line
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
SLOT = "#@@card@@"  # begins a line that stands for a card, which is a text of its own
_REST = "\0rest"  # the path of what follows the last statement


@dataclass(slots=True)
class Statement:
    """A heading or an assignment. `lead`: the blank and comment lines before it."""

    path: Path  # of a heading the table's, of an assignment the whole path
    is_heading: bool
    lead: list[str]
    text: str

    def value(self) -> Any:
        """What is assigned."""
        found: Any = tomllib.loads(self.text)
        while isinstance(found, dict) and len(found) == 1:
            (key, inner), *_ = found.items()
            found = inner
            if key == self.path[-1]:
                break
        return found


@dataclass(slots=True)
class TomlText:
    """Statements in their order. `base`: the table whose keys are meant, as `[[field]]` is for
    the text of one card; paths are seen from there."""

    statements: list[Statement]
    base: Path = ()
    order: Sequence[str] = field(default_factory=list)  # where a new key belongs

    @classmethod
    def of(cls, text: str, base: Path = (), order: Sequence[str] = ()) -> TomlText:
        """Raises tomllib.TOMLDecodeError."""
        return cls(list(_statements(text, base)), base, order)

    def render(self) -> str:
        return "".join("".join(one.lead) + one.text for one in self.statements)

    # --- values --------------------------------------------------------------------------------

    def set(self, path: Path, value: Any) -> None:
        """Let a key have a value, where it stands or where it belongs."""
        found = self._holder(path)
        if found is None:
            self._insert(path, value)
            return
        whole = value
        if found.path != path:  # a part of an inline table
            whole = found.value()
            _put(whole, path[len(found.path) :], value)
        key, comment = _key_and_comment(found)
        found.text = f"{key}{literal(whole, len(key))}{comment}"

    def remove(self, path: Path) -> None:
        """Take a key away; comments stay."""
        found = self._holder(path)
        if found is not None and found.path != path:
            whole = found.value()
            _take(whole, path[len(found.path) :])
            if whole:
                self.set(found.path, whole)
                return
            path = found.path
        lead: list[str] = []
        for one in list(self.statements):
            if one.path[: len(path)] == path and _REST not in one.path:
                self.statements.remove(one)
                lead += [line for line in one.lead if line.strip()]
            elif lead:
                one.lead[:0] = lead
                lead = []

    def _holder(self, path: Path) -> Statement | None:
        """The assignment of a key, or of a table that the key is a part of."""
        for one in self.statements:
            if not one.is_heading and path[: len(one.path)] == one.path:
                return one
        return None

    def _insert(self, path: Path, value: Any) -> None:
        """Add an assignment behind the last one of its table that comes before it."""
        if isinstance(value, Mapping):
            self.remove(path)  # what stands in a table of its own
        headings = [one.path for one in self.statements if one.is_heading]
        table = max((h for h in headings if path[: len(h)] == h), key=len, default=())
        rest = path[len(table) :]
        if not self.base and len(rest) > 1:
            self._append_table(path, value)
            return
        if len(rest) > 1:
            nested: Any = value
            for key in reversed(rest[1:]):
                nested = {key: nested}
            rest, value = rest[:1], nested
        text = f"{dotted(rest)} = "
        new = Statement((*table, *rest), False, [], f"{text}{literal(value, len(text))}\n")
        self.statements.insert(self._place(table, rest[0]), new)

    def _append_table(self, path: Path, value: Any) -> None:
        rest = self.statements[-1]
        heading = Statement(path[:-1], True, ["\n"], f"[{dotted(path[:-1])}]\n")
        text = f"{bare_or_quoted(path[-1])} = "
        new = Statement(path, False, [], f"{text}{literal(value, len(text))}\n")
        at = len(self.statements) - (_REST in rest.path)
        self.statements[at:at] = [heading, new]

    def _place(self, table: Path, key: str) -> int:
        """Where in its table a new key belongs."""
        known = list(self.order)
        before = set(known[: known.index(key)]) if key in known else None
        first = next((n for n, s in enumerate(self.statements) if s.is_heading), -1)
        at = first + 1 if not table else 0
        inside = not table
        for number, one in enumerate(self.statements):
            if one.is_heading:
                inside = one.path == table
                at = number + 1 if inside else at
            elif inside and _REST not in one.path and len(one.path) > len(table):
                name = one.path[len(table)]
                if before is None or name in before or name not in known:
                    at = number + 1
        return at

    # --- comments ------------------------------------------------------------------------------

    def comments(self) -> list[str]:
        """The comment lines, without their `#`."""
        return [comment_text(line) for _, line in self._comment_lines()]

    def set_comments(self, wanted: Sequence[str]) -> None:
        """Have these comment lines: those that were there stay in their places."""
        lines = self._comment_lines()
        old = [comment_text(line) for _, line in lines]
        changes = SequenceMatcher(None, old, wanted, autojunk=False).get_opcodes()
        for tag, start, end, first, last in reversed(changes):
            if tag == "equal":
                continue
            new = [f"# {text}".rstrip() + "\n" for text in wanted[first:last]]
            for (owner, position), _ in reversed(lines[start:end]):
                del owner.lead[position]
            owner, position = self._comment_place(lines, start, end)
            owner.lead[position:position] = new

    def _comment_lines(self) -> list[tuple[tuple[Statement, int], str]]:
        return [
            ((one, position), line)
            for one in self.statements
            for position, line in enumerate(one.lead)
            if line.strip() and not line.startswith(SLOT)
        ]

    def _comment_place(
        self, lines: list[tuple[tuple[Statement, int], str]], start: int, end: int
    ) -> tuple[Statement, int]:
        if start < end:
            return lines[start][0]
        if start:
            owner, position = lines[start - 1][0]
            return owner, position + 1
        after = 1 if self.base and len(self.statements) > 1 else 0
        return self.statements[after], 0


def comment_text(line: str) -> str:
    """The text of a comment line.

    >>> comment_text("# What a row is.")
    'What a row is.'
    """
    return line.strip().removeprefix("#").removeprefix(" ")


# --- where statements and blocks begin and end -------------------------------------------------


def blocks(text: str) -> list[tuple[Path, bool, str]]:
    """The text cut at its headings: the table's path, whether it is one of a list (`[[…]]`), and
    the text. Comment lines right above a heading belong to it. The first has no heading.

    Raises tomllib.TOMLDecodeError.
    """
    found: list[tuple[Path, bool, str]] = [((), False, "")]
    waiting: list[str] = []  # comment lines that may belong to the next heading
    for path, listed, lines in _parts(text):
        if path is None:
            comment = len(lines) == 1 and lines[0].lstrip().startswith("#")
            waiting.append(lines[0]) if comment else waiting.clear()
            own = found[-1]
            found[-1] = (own[0], own[1], own[2] + "".join(lines))
            continue
        own = found[-1]
        above = "".join(waiting)
        found[-1] = (own[0], own[1], own[2].removesuffix(above))
        found.append((path, listed, above + "".join(lines)))
        waiting.clear()
    return found


@lru_cache(maxsize=KEPT)  # rows are made of a form's files, and compared with what came back
def _parts(text: str) -> tuple[Part, ...]:
    """Headings (with their path), assignments, and single blank or comment lines (None)."""
    return tuple(_cut(text))


def _cut(text: str) -> Iterator[Part]:
    open_lines: list[str] = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        open_lines.append(line)
        try:
            tomllib.loads("".join(open_lines))
        except tomllib.TOMLDecodeError:
            continue
        if len(open_lines) == 1 and line.lstrip().startswith("["):
            yield *_heading(line), (line,)
        else:
            yield None, False, tuple(open_lines)
        open_lines = []
    if open_lines:
        tomllib.loads("".join(open_lines))


def _heading(line: str) -> tuple[Path, bool]:
    found = tomllib.loads(line)
    path = lone_path(found)
    for key in path:
        found = found[key]
        if isinstance(found, list):
            return path, True
    return path, False


def _statements(text: str, base: Path) -> Iterator[Statement]:
    table: Path = ()
    lead: list[str] = []
    for path, _, lines in _parts(text):
        if path is not None:
            table = path[len(base) :]
            yield Statement(table, True, lead, "".join(lines))
        elif len(lines) == 1 and (not lines[0].strip() or lines[0].lstrip().startswith("#")):
            lead.append(lines[0])
            continue
        else:
            yield Statement((*table, *_assigned(lines)), False, lead, "".join(lines))
        lead = []
    yield Statement((_REST,), False, lead, "")


def _assigned(lines: Sequence[str]) -> Path:
    """The path on the left of `=`."""
    return lone_path(tomllib.loads(f"{lines[0][: _equals(lines[0])]}= 0"))


@lru_cache(maxsize=KEPT)
def _equals(line: str) -> int:
    """Where the `=` of an assignment stands: the first one that is no part of a quoted key."""
    for found in re.finditer("=", line):
        try:
            tomllib.loads(f"{line[: found.start()]}= 0")
        except tomllib.TOMLDecodeError:
            continue
        return found.start()
    raise AssertionError(line)


def lone_path(values: Any) -> Path:
    """The path of tables in which one key alone stands, as a heading or an assignment makes them;
    a list of tables is a part of it.

    >>> lone_path({"a": {"b c": 0}}), lone_path({"a": {"b": [{}]}})
    (('a', 'b c'), ('a', 'b'))
    """
    path: list[str] = []
    while isinstance(values, dict) and values:
        (key, values), *_ = values.items()
        path.append(key)
    return tuple(path)


def _key_and_comment(one: Statement) -> tuple[str, str]:
    """What stands before the value, and the comment behind it with the end of the line."""
    line = one.text.rstrip("\n")
    behind = _equals(line) + 1
    space = re.match(r" *", line[behind:])
    assert space is not None
    before = line[:behind] + (space[0] or " ")
    value = one.value()
    for found in re.finditer(r"\s*#", line):
        try:
            alone = tomllib.loads(line[: found.start()])
        except tomllib.TOMLDecodeError:
            continue
        if alone and Statement(one.path, False, [], line[: found.start()]).value() == value:
            return before, line[found.start() :] + "\n"
    return before, "\n"


# --- values as TOML ------------------------------------------------------------------------------


def literal(value: Any, before: int = 0) -> str:
    """A value as TOML; `before`: characters that stand on its line already."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inner = ", ".join(f"{bare_or_quoted(key)} = {literal(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        entries = [literal(one) for one in value]
        line = f"[{', '.join(entries)}]"
        return line if before + len(line) <= WIDEST else f"[\n{_lines(entries)}]"
    return value.isoformat() if isinstance(value, date) else str(value)


def _lines(entries: Iterable[str]) -> str:
    """Entries of a long list: short ones share lines, long ones have a line each."""
    listed = list(entries)
    if max(map(len, listed)) > SHORT_ENTRY:
        return "".join(f"  {entry},\n" for entry in listed)
    lines = [" "]
    for entry in listed:
        if len(lines[-1]) + len(entry) + 2 > WIDEST:
            lines.append(" ")
        lines[-1] += f" {entry},"
    return "".join(f"{line}\n" for line in lines)


def dotted(path: Iterable[str]) -> str:
    """A path as TOML writes it.

    >>> dotted(("levels", "甲"))
    'levels."甲"'
    """
    return ".".join(map(bare_or_quoted, path))


def bare_or_quoted(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else literal(key)


def _put(table: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        table = table.setdefault(key, {})
    table[path[-1]] = value


def _take(table: dict[str, Any], path: Path) -> None:
    for key in path[:-1]:
        table = table.get(key, {})
    table.pop(path[-1], None)
