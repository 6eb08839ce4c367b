"""What crosses between a command and its workers arrives as it was sent."""

from __future__ import annotations

import importlib
import io
import pkgutil
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import CellFixes, Outcome
from converter.workers import protocol, requests, tasks
from converter.workers.protocol import ProtocolError
from converter.workers.requests.base import Allowance, Failed, Request
from converter.workers.requests.check import CheckAnswer, CheckedSubmission, FixedCopy
from converter.workers.requests.convert import ConvertRequest
from converter.workers.requests.receive import Problem, ReceiveWorkbooksAnswer, ValidatedFile

TEXT = st.text(max_size=20)
PLACES = st.builds(Place, TEXT, TEXT, st.integers(0, 2**20), st.integers(0, 2**14), TEXT)
ISSUES = st.builds(
    Issue,
    TEXT,
    st.sampled_from(Level),
    PLACES,
    TEXT,
    st.dictionaries(TEXT, TEXT | st.integers(-(2**40), 2**40), max_size=3),
    st.lists(PLACES, max_size=2).map(tuple),
)
PACKED = st.lists(ISSUES, max_size=3).map(Issues.of)
OUTCOMES = st.builds(Outcome, TEXT, PACKED, TEXT, TEXT, st.integers(0), st.booleans())
PATHS = st.sampled_from([Path("a.xlsx"), Path("/一县/表.xlsx"), Path("\udcff.xlsx")])
FIXES = st.builds(CellFixes, PACKED, st.lists(TEXT, max_size=3).map(tuple))
CHECKED = st.builds(
    CheckedSubmission,
    OUTCOMES,
    st.none() | PATHS,
    st.none() | st.builds(FixedCopy, TEXT, PATHS, FIXES),
)
FILES = st.builds(
    ValidatedFile,
    TEXT,
    TEXT,
    st.lists(st.builds(Problem, TEXT, TEXT, TEXT, TEXT, TEXT, st.integers(0)), max_size=2).map(
        tuple
    ),
    number=st.integers(0),
    errors=st.integers(0),
    found=st.lists(st.tuples(TEXT, TEXT, st.integers(0)), max_size=2).map(tuple),
    signed=st.booleans(),
)
MESSAGES = (
    st.builds(CheckAnswer, st.lists(CHECKED, max_size=3).map(tuple))
    | st.builds(
        ReceiveWorkbooksAnswer,
        st.lists(st.none() | FILES, max_size=3).map(tuple),
        st.dictionaries(st.text(), st.binary()),
    )
    | st.builds(
        ConvertRequest,
        PATHS,
        st.lists(PATHS, max_size=2).map(tuple),
        st.integers(),
        st.none() | PATHS,
        st.none() | st.binary(),
        st.lists(ISSUES, max_size=2).map(tuple),
        st.booleans(),
    )
)


@given(MESSAGES)
def test_messages_survive_the_pipe(message: object) -> None:
    stream = io.BytesIO()
    protocol.send(stream, Allowance((1, 2)), message)
    stream.seek(0)
    frame = protocol.receive(stream)
    assert frame is not None
    assert frame.read(type(message)) == message
    assert frame.read(Allowance) == Allowance((1, 2))
    assert protocol.receive(stream) is None


def test_a_frame_cut_short_is_an_end_not_an_error() -> None:
    stream = io.BytesIO()
    protocol.send(stream, ReceiveWorkbooksAnswer((), {"member": b"12345"}))
    whole = stream.getvalue()
    for length in range(len(whole)):
        assert protocol.receive(io.BytesIO(whole[:length])) is None


@dataclass(frozen=True, slots=True)
class Sample:
    """A field of each written form."""

    text: str
    number: int
    share: int | float | str
    yes: bool
    level: Level
    path: Path | None
    data: bytes
    pair: tuple[str, int]
    many: tuple[Failed, ...]
    texts: Sequence[str]
    by_key: Mapping[str, Sequence[int]]


SAMPLE = Sample(
    "a", 1, 0.5, True, Level.NOTE, Path("p"), b"\x00", ("a", 1),
    (Failed("bug", ("x",)),), ("t",), {"k": (1, 2)},
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", 1), ("text", None), ("number", True), ("number", 1.0), ("share", None),
        ("share", True), ("yes", 1), ("level", "loud"), ("level", 1), ("path", 1), ("data", "x"),
        ("data", 7), ("data", -1), ("data", True), ("pair", ["a"]), ("pair", ["a", 1, 1]),
        ("pair", [1, "a"]), ("many", {}), ("many", [["bug"]]), ("many", [["bug", [1]]]),
        ("texts", "abc"), ("texts", ["a", 1]), ("by_key", []), ("by_key", {"k": ["1"]}),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_type_hints_is_refused(field: str, value: Any) -> None:
    frame = protocol.frame(SAMPLE)
    assert frame.read(Sample) == SAMPLE
    ((name, data),) = frame.messages
    at = list(Sample.__dataclass_fields__).index(field)
    changed = [*data[:at], value, *data[at + 1 :]]
    with pytest.raises((ProtocolError, ValueError)):
        protocol.Frame([(name, changed)], frame.attachments).read(Sample)


def test_another_message_than_the_expected_one_is_refused() -> None:
    with pytest.raises(ProtocolError):
        protocol.frame(Failed("bug")).read(Allowance)
    with pytest.raises(ProtocolError):
        protocol.frame(Failed("bug")).name({"Allowance"})


def test_a_type_without_a_written_form_is_a_mistake_of_ours() -> None:
    @dataclass(frozen=True)
    class Odd:
        what: object

    with pytest.raises(TypeError, match="written form"):
        protocol.frame(Odd(1))


@pytest.mark.parametrize("name", tasks.TASKS)
def test_every_task_takes_its_request_and_gives_its_answer(name: str) -> None:
    kind, task = tasks.named(name)
    hints = typing.get_type_hints(task)
    assert hints["request"] is kind
    assert hints["return"] is kind.answer_class()


def test_every_request_has_a_task() -> None:
    found = set()
    for module in pkgutil.iter_modules(requests.__path__, f"{requests.__name__}."):
        for name, one in vars(importlib.import_module(module.name)).items():
            if isinstance(one, type) and issubclass(one, Request) and not one.__subclasses__():
                found.add(name)
    assert found == set(tasks.TASKS)
