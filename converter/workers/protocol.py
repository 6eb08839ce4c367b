"""How a command and its workers talk: JSON frames with binary attachments over pipes.

Not pickle: a worker has just parsed files from strangers, and what it says must not be able
to run anything here.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import CellFixes, Outcome

_HEAD = struct.Struct(">QI")  # bytes of JSON, number of attachments
_SIZE = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: a JSON object and any number of byte strings beside it."""

    data: dict[str, Any]
    blobs: tuple[bytes, ...] = field(default=())


def send(stream: IO[bytes], frame: Frame) -> None:
    body = json.dumps(frame.data, ensure_ascii=True, separators=(",", ":")).encode()
    stream.write(_HEAD.pack(len(body), len(frame.blobs)))
    stream.write(body)
    for blob in frame.blobs:
        stream.write(_SIZE.pack(len(blob)))
        stream.write(blob)
    stream.flush()


def receive(stream: IO[bytes]) -> Frame | None:
    """The next frame, or None where the other side has ended."""
    head = _exactly(stream, _HEAD.size)
    if head is None:
        return None
    length, count = _HEAD.unpack(head)
    body = _exactly(stream, length)
    if body is None:
        return None
    blobs = []
    for _ in range(count):
        size = _exactly(stream, _SIZE.size)
        blob = _exactly(stream, _SIZE.unpack(size)[0]) if size else None
        if blob is None:
            return None
        blobs.append(blob)
    return Frame(json.loads(body), tuple(blobs))


def _exactly(stream: IO[bytes], size: int) -> bytes | None:
    chunks, missing = [], size
    while missing:
        chunk = stream.read(min(missing, 1 << 20))
        if not chunk:
            return None
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def packed(frame: Frame) -> bytes:
    """A frame as one byte string, for other ways than a pipe."""
    stream = io.BytesIO()
    send(stream, frame)
    return stream.getvalue()


def unpacked(data: bytes) -> Frame:
    """The frame that `packed` made. Raises EOFError where it is not whole."""
    frame = receive(io.BytesIO(data))
    if frame is None:
        raise EOFError("half a frame")
    return frame


# --- what crosses: places and issues as plain lists, outcomes with many issues as blobs -----


def pack_place(place: Place) -> list[Any]:
    return [place.file, place.sheet, place.row, place.column, place.field]


def unpack_place(data: Sequence[Any]) -> Place:
    return Place(str(data[0]), str(data[1]), int(data[2]), int(data[3]), str(data[4]))


def pack_issue(issue: Issue) -> list[Any]:
    related = [pack_place(place) for place in issue.related]
    params = dict(issue.params)
    return [issue.code, issue.level, pack_place(issue.place), issue.value, params, related]


def unpack_issue(data: Sequence[Any]) -> Issue:
    code, level, place, value, params, related = data
    return Issue(
        str(code),
        Level(level),
        unpack_place(place),
        str(value),
        {str(k): v if isinstance(v, int) else str(v) for k, v in params.items()},
        tuple(unpack_place(r) for r in related),
    )


def pack_outcome(outcome: Outcome, blobs: list[bytes]) -> dict[str, Any]:
    """Plain values for `unpack_outcome`; what they leave out is put behind the blobs."""
    return {
        "file": outcome.file,
        "unit_code": outcome.unit_code,
        "unit_name": outcome.unit_name,
        "members": outcome.members,
        "readable": outcome.readable,
        "issues": pack_issues(outcome.issues, blobs),
    }


def unpack_outcome(data: Mapping[str, Any], blobs: Sequence[bytes]) -> Outcome:
    return Outcome(
        file=str(data["file"]),
        issues=unpack_issues(data["issues"], blobs),
        unit_code=str(data["unit_code"]),
        unit_name=str(data["unit_name"]),
        members=int(data["members"]),
        readable=bool(data["readable"]),
    )


def pack_issues(issues: Issues, blobs: list[bytes]) -> dict[str, Any]:
    """Plain values for `unpack_issues`; there may be hundreds of thousands of issues, and they
    are put behind the blobs."""
    data, packed = issues.packed()
    first = len(blobs)
    blobs += packed
    return {**data, "blobs": [first, len(blobs)]}


def unpack_issues(data: Mapping[str, Any], blobs: Sequence[bytes]) -> Issues:
    first, end = data["blobs"]
    return Issues.unpacked(data, blobs[first:end])


def pack_changes(changes: CellFixes, blobs: list[bytes]) -> dict[str, Any]:
    """Plain values for `unpack_changes`, see `pack_issues`."""
    new = json.dumps(list(changes.new)).encode()
    data = {"new": len(blobs)}
    blobs.append(new)
    return {**data, "notes": pack_issues(changes.notes, blobs)}


def unpack_changes(data: Mapping[str, Any], blobs: Sequence[bytes]) -> CellFixes:
    new = [str(text) for text in json.loads(blobs[data["new"]])]
    return CellFixes(unpack_issues(data["notes"], blobs), new)
