"""Replies to the files of an inbox: where each lies, and writing many of them at a time.

Officers look at replies while the next files come in, and on Windows what a spreadsheet program has
open can be neither replaced nor removed. So a new reply then takes another name (批注2-表.xlsx),
the officer is told, and the next run gives it its own name once the older one is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.files import safe_names, writing
from converter.files.os_errors import is_open_elsewhere
from converter.messages.catalogue import message
from converter.register import receipts


@dataclass(frozen=True, slots=True)
class WrittenReply:
    """Where a receipt went, and replies to an earlier version that another program has open."""

    receipt: str
    still_open: tuple[Path, ...] = ()


def annotated(reply: Path, name: str) -> Path:
    """Where the marked copy of a file goes: beside its receipt.

    >>> annotated(Path("r"), "一县/表.xlsx").as_posix()
    'r/一县/批注-表.xlsx'
    """
    suffix = name[-5:] if name.lower().endswith(".xlsx") else ".xlsx"
    return _reply(reply, message("annotated_suffix"), name.removesuffix(suffix), suffix)


def receipt(reply: Path, name: str) -> Path:
    """Where the receipt of a file goes: the same path below the reply folder.

    >>> receipt(Path("r"), "一县/表.xlsx").as_posix()
    'r/一县/回执-表.xlsx.json'
    """
    return _reply(reply, message("receipt_prefix"), name, ".json")


def receipt_page(reply: Path, name: str) -> Path:
    """Where the receipt lies as a page to open: beside the other one.

    >>> receipt_page(Path("r"), "一县/表.xlsx").as_posix()
    'r/一县/回执-表.xlsx.html'
    """
    return _reply(reply, message("receipt_prefix"), name, ".html")


def _reply(reply: Path, word: str, name: str, suffix: str) -> Path:
    folder, slash, last = name.rpartition("/")
    return reply / safe_names.below(str(reply), f"{folder}{slash}{word}-{last}", suffix)


def write(
    reply: Path, made: Sequence[Mapping[str, Any]], copies: Sequence[str]
) -> list[WrittenReply]:
    """Write receipts (`receipts.signed`), each as JSON and as a page. `copies` name the annotated
    copy that was written for each file, '' for none. Raises OSError."""
    from converter.report import receipt_page as page  # brings jinja2

    files: list[tuple[Path, bytes]] = []
    open_copies: list[tuple[Path, ...]] = []
    for one, copy in zip(made, copies, strict=True):
        target, usual = receipt(reply, one["file"]), annotated(reply, one["file"])
        files.append((target, receipts.encode(one)))
        files.append((receipt_page(reply, one["file"]), page.render(one, copy)))
        if not copy:  # an earlier version of the file had faults
            open_copies.append(tuple(remove_closed([usual])))
        else:
            open_copies.append((usual,) if Path(copy) != usual else ())
    named = write_closed(files)
    return [
        WrittenReply(str(named[target]), (*still_open, *((target,) * (named[target] != target))))
        for (target, _), still_open in zip(files[::2], open_copies, strict=True)
    ]


def write_closed(files: Iterable[tuple[Path, bytes]]) -> dict[Path, Path]:
    """Write replies; beside one that another program has open the new one gets another name.
    Path → the path it got. Raises OSError."""
    return writing.write_many(
        files,
        personal=True,
        beside=writing.Beside.WHERE_OPEN,
        other_name=safe_names.reply_beside,
    )


def remove_closed(paths: Iterable[Path]) -> Iterator[Path]:
    """Remove files; yields those that stay, since another program has them open. Raises OSError."""
    for path in paths:
        try:
            writing.remove(path)
        except OSError as error:
            if not is_open_elsewhere(error):
                raise
            yield path
