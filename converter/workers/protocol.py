"""How a command and its workers talk: JSON frames with binary attachments over pipes.

A frame holds messages: frozen dataclasses, each written as the name of its class and the list of
its fields. Type hints say how a field is written and read back; byte strings and packed issues
travel as attachments. What is read must have exactly the types of the hints.

Not pickle: a worker has just parsed files from strangers, and what it sends must not be able to run
anything here.
"""

from __future__ import annotations

import io
import json
import re
import struct
import types
import typing
from collections.abc import Callable, Container, Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar, cast

from converter.model.issues import Issues

T = TypeVar("T")

_HEAD = struct.Struct(">QI")  # bytes of JSON, number of attachments
_SIZE = struct.Struct(">Q")


class ProtocolError(ValueError):
    """A message is not what its class says."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Messages as they are written: (class name, plain JSON value) each, and the attachments."""

    messages: Sequence[tuple[str, Any]]
    attachments: Sequence[bytes]

    def holds(self, kind: type) -> bool:
        return any(name == kind.__name__ for name, _ in self.messages)

    def name(self, known: Container[str]) -> str:
        """The name of the first message that is one of these. Raises ProtocolError."""
        for name, _ in self.messages:
            if name in known:
                return name
        raise ProtocolError(f"{[name for name, _ in self.messages]}: none is known")

    def read(self, kind: type[T]) -> T:
        """The message of this class. Raises ProtocolError."""
        for name, data in self.messages:
            if name == kind.__name__:
                return cast("T", _codec_of(kind).read(data, self.attachments))
        raise ProtocolError(f"no {kind.__name__} in {[name for name, _ in self.messages]}")


def frame(*messages: object) -> Frame:
    """A frame of these messages."""
    attachments: list[bytes] = []
    written = [(type(m).__name__, _codec_of(type(m)).write(m, attachments)) for m in messages]
    return Frame(written, attachments)


def send(stream: IO[bytes], *messages: object) -> None:
    """Write a frame; nothing is written before all of it is ready."""
    _write(stream, frame(*messages))


def _write(stream: IO[bytes], whole: Frame) -> None:
    body = json.dumps(whole.messages, ensure_ascii=True, separators=(",", ":")).encode()
    stream.write(_HEAD.pack(len(body), len(whole.attachments)))
    stream.write(body)
    for attachment in whole.attachments:
        stream.write(_SIZE.pack(len(attachment)))
        stream.write(attachment)
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
    attachments = []
    for _ in range(count):
        size = _exactly(stream, _SIZE.size)
        attachment = _exactly(stream, _SIZE.unpack(size)[0]) if size else None
        if attachment is None:
            return None
        attachments.append(attachment)
    return Frame([(name, data) for name, data in json.loads(body)], attachments)


def _exactly(stream: IO[bytes], size: int) -> bytes | None:
    chunks, missing = [], size
    while missing:
        chunk = stream.read(min(missing, 1 << 20))
        if not chunk:
            return None
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def pack(*messages: object) -> bytes:
    """A frame as one byte string, for other ways than a pipe."""
    stream = io.BytesIO()
    send(stream, *messages)
    return stream.getvalue()


def unpack(data: bytes) -> Frame:
    """The frame that `pack` made. Raises EOFError where it is not whole."""
    found = receive(io.BytesIO(data))
    if found is None:
        raise EOFError("half a frame")
    return found


# --- values: how each type is written and read back --------------------------------------------

_DECIMAL = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
_PLAIN = (str, int, float, bool, types.NoneType)
Write = Callable[[Any, list[bytes]], Any]
Read = Callable[[Any, Sequence[bytes]], Any]


class _Codec(NamedTuple):
    """`write` turns a value into plain JSON and puts its bytes behind the attachments; `read` is
    the way back. `plain` types are JSON as they are."""

    write: Write
    read: Read
    plain: frozenset[type] = frozenset()


def _codec_of(kind: type) -> _Codec:
    return _codec(cast("Hashable", kind))


@cache
def _codec(hint: Hashable) -> _Codec:
    origin, parameters = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return _plain(frozenset({cast("type", hint)}))
    if hint in _SPECIAL:
        return _SPECIAL[hint]
    if origin in (types.UnionType, typing.Union):
        return _union([_codec(one) for one in parameters])
    if origin is tuple and parameters[-1] is not ...:
        return _fixed([_codec(one) for one in parameters])
    if origin in (tuple, Sequence):
        return _sequence(_codec(parameters[0]))
    if origin is Mapping and parameters[0] is str:
        return _mapping(_codec(parameters[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _converted(str, lambda value: value.value, hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass(hint)
    raise TypeError(f"{hint} has no written form")


def _expect(data: Any, kinds: Set[type]) -> Any:
    if type(data) not in kinds:
        raise ProtocolError(f"{type(data).__name__} where {[k.__name__ for k in kinds]} belongs")
    return data


def _plain(kinds: frozenset[type]) -> _Codec:
    return _Codec(lambda value, _: value, lambda data, _: _expect(data, kinds), kinds)


def _converted(kind: type, write: Callable[[Any], Any], read: Callable[[Any], Any]) -> _Codec:
    return _Codec(lambda value, _: write(value), lambda data, _: read(_expect(data, {kind})))


def _union(options: Sequence[_Codec]) -> _Codec:
    """Of plain types, or of one other type and None."""
    plain = frozenset[type]().union(*(option.plain for option in options))
    others = [option for option in options if not option.plain]
    if not others:
        return _plain(plain)
    if len(others) > 1 or plain != {types.NoneType}:
        raise TypeError("only one type beside None can be distinguished from it")
    (other,) = others
    return _Codec(
        lambda value, blobs: None if value is None else other.write(value, blobs),
        lambda data, blobs: None if data is None else other.read(data, blobs),
    )


def _sequence(item: _Codec) -> _Codec:
    def write(value: Any, blobs: list[bytes]) -> Any:
        return list(value) if item.plain else [item.write(one, blobs) for one in value]

    def read(data: Any, blobs: Sequence[bytes]) -> Any:
        return tuple(_items(_expect(data, {list}), item, blobs))

    return _Codec(write, read)


def _items(data: list[Any], item: _Codec, blobs: Sequence[bytes]) -> list[Any]:
    if not item.plain:
        return [item.read(one, blobs) for one in data]
    for kind in set(map(type, data)) - item.plain:  # a sheet may have a million texts
        raise ProtocolError(f"{kind.__name__} in a list of {[k.__name__ for k in item.plain]}")
    return data


def _fixed(items: Sequence[_Codec]) -> _Codec:
    def write(value: Any, blobs: list[bytes]) -> Any:
        return [item.write(one, blobs) for item, one in zip(items, value, strict=True)]

    def read(data: Any, blobs: Sequence[bytes]) -> Any:
        if len(_expect(data, {list})) != len(items):
            raise ProtocolError(f"{len(data)} values where {len(items)} belong")
        return tuple(item.read(one, blobs) for item, one in zip(items, data, strict=True))

    return _Codec(write, read)


def _mapping(item: _Codec) -> _Codec:
    def write(value: Any, blobs: list[bytes]) -> Any:
        return {key: item.write(one, blobs) for key, one in value.items()}

    def read(data: Any, blobs: Sequence[bytes]) -> Any:
        return {key: item.read(one, blobs) for key, one in _expect(data, {dict}).items()}

    return _Codec(write, read)


def _dataclass(kind: type) -> _Codec:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    values = _fixed([_codec(hints[name]) for name in names])

    def write(value: Any, blobs: list[bytes]) -> Any:
        return values.write([getattr(value, name) for name in names], blobs)

    def read(data: Any, blobs: Sequence[bytes]) -> Any:
        return kind(**dict(zip(names, values.read(data, blobs), strict=True)))

    return _Codec(write, read)


def _write_bytes(value: bytes, blobs: list[bytes]) -> int:
    blobs.append(value)
    return len(blobs) - 1


def _read_bytes(data: Any, blobs: Sequence[bytes]) -> bytes:
    number: int = _expect(data, {int})
    if not 0 <= number < len(blobs):
        raise ProtocolError(f"attachment {number} of {len(blobs)}")
    return blobs[number]


def _write_issues(value: Issues, blobs: list[bytes]) -> Any:
    """There may be hundreds of thousands: they stay packed, see `Issues`."""
    data, packed = value.packed()
    first = len(blobs)
    blobs += packed
    return [data, first, len(blobs)]


def _read_issues(data: Any, blobs: Sequence[bytes]) -> Issues:
    packed, first, end = _expect(data, {list})
    if not 0 <= _expect(first, {int}) <= _expect(end, {int}) <= len(blobs):
        raise ProtocolError(f"attachments {first} to {end} of {len(blobs)}")
    return Issues.unpacked(packed, blobs[first:end])


def _write_cell(value: str | float | Decimal, blobs: list[bytes]) -> Any:
    """JSON has no exact decimals: one stands as a list of its text."""
    return [str(value)] if isinstance(value, Decimal) else value


def _read_cell(data: Any, blobs: Sequence[bytes]) -> Any:
    if type(data) is not list:
        return _expect(data, {str, int, float})
    if len(data) != 1 or not _DECIMAL.fullmatch(_expect(data[0], {str})):
        raise ProtocolError("a decimal that is none")
    return Decimal(data[0])


_SPECIAL: Mapping[Any, _Codec] = {
    bytes: _Codec(_write_bytes, _read_bytes),
    Path: _converted(str, str, Path),
    Issues: _Codec(_write_issues, _read_issues),
    str | int | float | Decimal: _Codec(_write_cell, _read_cell),
}
