"""Lends the page's warm worker to a command of the same user (`workers.warm`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette import requests
from starlette.responses import Response

from converter.model.errors import ConverterError
from converter.web.desk.desk import Desk, desk_of
from converter.web.pages import in_thread
from converter.workers import protocol, warm
from converter.workers.open_pages import is_proof, proof
from converter.workers.pool import Worker
from converter.workers.requests.base import Request
from converter.workers.requests.check import CheckRequest
from converter.workers.requests.convert import ConvertRequest, VerifyRequest
from converter.workers.warm import PROOF, Loan

REFUSED = 409
NONCE = 32  # characters before the proof
REQUESTS: Mapping[str, type[Request[Any]]] = {
    kind.__name__: kind for kind in (CheckRequest, ConvertRequest, VerifyRequest)
}


async def lend(request: requests.Request) -> Response:
    """The answer with its proof before it; refused where the command has to do it itself."""
    desk, body = desk_of(request), await request.body()
    given = request.headers.get(PROOF, "")
    nonce = given[:NONCE].encode()
    if not is_proof(given[NONCE:].encode(), desk.access.secret, b"request", nonce, body):
        return Response(status_code=403)
    answer = await in_thread(_answer, desk, body)
    if answer is None:
        return Response(status_code=REFUSED)
    desk.borrowed()
    signed = proof(desk.access.secret, b"answer", nonce, answer).encode()
    return Response(signed + answer, media_type="application/octet-stream")


def _answer(desk: Desk, body: bytes) -> bytes | None:
    try:
        frame = protocol.unpack(body)
        loan, request = frame.read(Loan), frame.read(REQUESTS[frame.name(REQUESTS)])
    except (ValueError, EOFError):
        return None
    if loan.fingerprint != desk.fingerprint or not warm.may_be_borrowed(request, loan.folder):
        return None
    with desk.worker.idle() as runner:
        if not isinstance(runner, Worker):
            return None
        try:
            return protocol.pack(runner.run_in(loan.folder, request))
        except (ConverterError, OSError):  # the command finds out, with a process of its own
            return None
