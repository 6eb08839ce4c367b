"""The comments of a worksheet's cells: notes, and threads of remarks as newer Excel keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from converter.model.issues import column_number
from converter.workbook.grid import CellComment, CellComments
from converter.workbook.unreadable import UnreadableFile
from converter.workbook.xlsx import parts

MOST_COMMENTS = 10_000  # of a sheet
LARGEST_PART = 16 << 20  # bytes
LONGEST = 8_000  # characters; more does not fit a window
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def read_comments(members: Mapping[str, bytes], sheet: str) -> CellComments:
    """The comments of a sheet part by (row, column). Comments are decoration: what cannot be read
    of them gives none."""
    found: CellComments = {}
    linked = dict(parts.relations(members, sheet))
    for kind, target in linked.values():
        if kind == "comments":
            found |= islice(_notes(_tree(members, target)), MOST_COMMENTS)
    for kind, target in linked.values():
        if kind == "threadedcomment":
            threads: CellComments = {}
            for cell, comment in islice(_remarks(_tree(members, target)), MOST_COMMENTS):
                before = threads[cell].text + "\n" if cell in threads else ""
                threads[cell] = CellComment("", (before + comment.text)[:LONGEST])
            found |= threads  # a note repeats them, with advice to get a newer program
    return found


def _tree(members: Mapping[str, bytes], part: str) -> Any:
    from defusedxml.ElementTree import fromstring

    try:
        data = members[part]
        return fromstring(data) if len(data) <= LARGEST_PART else ()
    except (KeyError, SyntaxError, ValueError, UnreadableFile):
        return ()


def _notes(tree: Any) -> Iterator[tuple[tuple[int, int], CellComment]]:
    authors = [_text(found) for found in _named(tree, "author")]
    for comment in _named(tree, "comment"):
        number = comment.get("authorId", "")
        known = number.isdecimal() and int(number) < len(authors)
        # Readings beside the characters (rPh) are no part of the text.
        runs = [t for run in _runs(comment) for t in run if _local(t) == "t"]
        text = "".join(t.text or "" for t in runs)
        cell = _cell(comment.get("ref", ""))
        if cell and text.strip():
            yield cell, CellComment(authors[int(number)] if known else "", text[:LONGEST])


def _runs(comment: Any) -> Iterator[Any]:
    for text in _named(comment, "text"):
        yield text
        yield from (run for run in text if _local(run) == "r")


def _remarks(tree: Any) -> Iterator[tuple[tuple[int, int], CellComment]]:
    for remark in _named(tree, "threadedComment"):
        text = "".join(_text(found) for found in _named(remark, "text"))
        cell = _cell(remark.get("ref", ""))
        if cell and text.strip():
            yield cell, CellComment("", text)


def _named(tree: Any, name: str) -> Iterator[Any]:
    return (found for found in (tree.iter() if len(tree) else ()) if _local(found) == name)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Any) -> str:
    return "".join(element.itertext())


def _cell(reference: str) -> tuple[int, int] | None:
    found = _ADDRESS.fullmatch(reference)
    return (int(found[2]), column_number(found[1])) if found else None
