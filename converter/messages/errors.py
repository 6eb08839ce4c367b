"""What ended a command → what a person reads. The classes stand in `converter.model.errors`."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from converter.files import os_errors
from converter.messages.catalogue import message
from converter.model.errors import ConverterError, FormError

LISTED = 24  # choices that are listed; of more, only the most similar
ALIKE = 8  # … and at most so many
SIMILAR = 0.6  # the least likeness of a suggestion


def text(error: ConverterError) -> str:
    """The error in Chinese; of a form also what stands there and what may stand there."""
    if isinstance(error, FormError):
        return "\n".join(_form_lines(error))
    return message(error.message_key, **error.params)


def reason(error: OSError) -> str:
    """Why the system refused: in our words where we have some, else in its own."""
    cause = os_errors.cause(error)
    return message(f"reason_{cause}") if cause else error.strerror or type(error).__name__


def _form_lines(error: FormError) -> Iterator[str]:
    reason = message(error.message_key, **error.params)
    where = (
        message("form_file_and_key", file=error.file, key=error.key) if error.key else error.file
    )
    yield message("form_broken", where=where, reason=reason)
    if error.found:
        yield message("form_found", found=error.found)
    if error.choices:
        yield message("form_choices", choices=_listed(error))
    if nearest := _alike(error, 1):
        yield message("form_nearest", word=nearest[0])


def _listed(error: FormError) -> str:
    if len(error.choices) <= LISTED:
        return "、".join(error.choices)
    some = _alike(error, ALIKE) or error.choices[:ALIKE]
    return "、".join(some) + message("form_more_choices", count=len(error.choices))


def _alike(error: FormError, most: int) -> list[str]:
    """The choices most similar to what stands there, the best first."""
    written = error.found.strip('"[]')
    likeness = {choice: _likeness(written, choice) for choice in error.choices}
    alike = [choice for choice in error.choices if likeness[choice] >= SIMILAR]
    return sorted(alike, key=lambda choice: -likeness[choice])[:most]


def _likeness(written: str, choice: str) -> float:
    """From 0 to 1; of two paths the names of the fields count, and a part of a name (`telephone`
    of `phone`, `member.id` of `member.id_number`) is like the whole."""
    one, other = written.rpartition(".")[2].lower(), choice.rpartition(".")[2].lower()
    if not one or not other:
        return 0.0
    ratio = SequenceMatcher(None, one, other).ratio()
    part = len(one) > 1 < len(other) and (one in other or other in one)
    same_sheet = written.rpartition(".")[0] == choice.rpartition(".")[0]
    return (max(ratio, SIMILAR) if part else ratio) + 0.01 * same_sheet
