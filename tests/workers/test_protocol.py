"""What crosses between a command and its workers arrives as it was sent."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from converter.model.issues import Issue, Level, Place
from converter.model.submissions import Outcome
from converter.workers import protocol

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


OUTCOMES = st.builds(
    Outcome,
    TEXT,
    st.lists(ISSUES, max_size=3).map(tuple),
    TEXT,
    TEXT,
    st.integers(0),
    st.booleans(),
)


@given(OUTCOMES)
def test_outcomes_survive_the_pipe(outcome: Outcome) -> None:
    stream = io.BytesIO()
    blobs = [b"", b"\x00\xff"]
    data = protocol.pack_outcome(outcome, blobs)
    protocol.send(stream, protocol.Frame(data, tuple(blobs)))
    stream.seek(0)
    frame = protocol.receive(stream)
    assert frame is not None
    assert protocol.unpack_outcome(frame.data, frame.blobs) == outcome
    assert frame.blobs[:2] == (b"", b"\x00\xff")
    assert protocol.receive(stream) is None


def test_a_frame_cut_short_is_an_end_not_an_error() -> None:
    stream = io.BytesIO()
    protocol.send(stream, protocol.Frame({"a": 1}, (b"12345",)))
    whole = stream.getvalue()
    for length in range(len(whole)):
        assert protocol.receive(io.BytesIO(whole[:length])) is None
