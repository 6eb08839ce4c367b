"""The self-service pages. Their libraries are imported here, when they are asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from converter.cli.common import OK, command, err, form_of, message, option, out
from converter.cli.path_types import EXISTING_FILE, EXISTING_FOLDER, TARGET
from converter.cli.roster_output import roster_units
from converter.model.errors import RegisterBusy, UsageError

if TYPE_CHECKING:
    import socket

    from converter.identity.passphrases import OpenedSecrets
    from converter.model.submissions import Unit
    from converter.web.server import Listening

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@command("portal")
@option("portal", "--roster", type=EXISTING_FILE, metavar="FILE")
@option("portal", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("portal", "--issued", type=EXISTING_FOLDER, metavar="DIR")
@option("portal", "--inbox", type=TARGET, required=True, metavar="DIR")
@option("portal", "--published", type=TARGET, required=True, metavar="DIR")
@option("portal", "--reply", type=TARGET, metavar="DIR")
@option("portal", "--state", type=TARGET, metavar="DIR")
@option("portal", "--host", default="127.0.0.1", metavar="HOST")
@option("portal", "--port", type=click.IntRange(0, 65535), default=8000, metavar="PORT")
@option("portal", "--certificate", type=EXISTING_FILE, metavar="PEM")
@option("portal", "--certificate-key", type=EXISTING_FILE, metavar="PEM")
@option("portal", "--proxy", is_flag=True)
@option("portal", "--jobs", type=click.IntRange(1, 64), metavar="N")
@option("portal", "--largest", type=click.IntRange(1, 128), default=128, metavar="MB")
@option("portal", "--seal", is_flag=True)
@option("portal", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@option("portal", "--decide", is_flag=True)
@option("portal", "--reset-password", is_flag=True)
@click.pass_context
def portal(
    ctx: click.Context,
    roster: Path | None,
    keys: Path,
    issued: Path | None,
    inbox: Path,
    published: Path,
    reply: Path | None,
    state: Path | None,
    host: str,
    port: int,
    certificate: Path | None,
    certificate_key: Path | None,
    proxy: bool,
    jobs: int | None,
    largest: int,
    seal: bool,
    passphrase_file: Path | None,
    decide: bool,
    reset_password: bool,
) -> int:
    from converter.register.lock import Lock

    try:
        from converter.web import app as application
    except ModuleNotFoundError as error:
        if error.name != "sqlite3":  # which the clerks' program leaves out
            raise
        raise UsageError("officers_program") from None
    from converter.web import server
    from converter.web.settings import Settings

    if not (host in LOOPBACK or certificate or proxy):
        raise UsageError("portal_needs_https", host=host)
    folder, _ = form_of(ctx, published)
    listening = server.Listening(host, port, certificate, certificate_key, proxy)
    home = (state or inbox.absolute().with_name(f"{inbox.absolute().name}.portal")).resolve()
    found = _issued(keys, issued)
    settings = Settings(
        form=ctx.obj,
        keys=keys.resolve(),
        issued=found.resolve(),
        inbox=inbox.resolve(),
        published=published.resolve(),
        state=home,
        reply=reply.resolve() if reply else None,
        roster=_roster(roster, folder, keys, published),
        secure=bool(certificate or proxy),
        jobs=jobs or Settings.jobs,
        largest=largest << 20,
        max_uploads=min(Settings.max_uploads, server.most_connections() // 2),
        seal=seal,
        secrets=_opened(keys, found, passphrase_file),
        decides=decide,
    )
    with server.stoppable(), _alone(home), Lock(home / "lock"), _bound(listening) as sock:
        app = application.build(settings)
        password = application.officer_password(app, reset=reset_password)
        if password:
            out(message("portal_password", password=password))
        # Ctrl+C is how it is stopped; having stopped in good order the server raises it again.
        with contextlib.suppress(KeyboardInterrupt):
            out(message("portal_at", url=_url(listening, sock.getsockname()[1])))
            _warn(keys, found)
            server.serve(app, listening, sock)
    err(message("portal_stopped_now"))
    return OK


def _issued(keys: Path, given: Path | None) -> Path:
    """The folder of identity files: the one beside the keys, unless one is given."""
    if given:
        return given
    from converter.identity import issuing, ledger
    from converter.model.submissions import Unit

    home = keys.absolute()
    names = [
        issuing.file_name(Unit(entry.unit_code, entry.unit_name, ""))
        for entry in (ledger.by_unit(keys) or {}).values()
    ]
    near = [
        folder
        for folder in (home, *sorted(home.iterdir()), *sorted(home.parent.iterdir()))
        if folder.is_dir() and any((folder / name).is_file() for name in names)
    ]
    if len(near) != 1:
        raise UsageError("portal_issued", folder=home.parent, count=len(near))
    return near[0]


def _opened(keys: Path, issued: Path, file: Path | None) -> OpenedSecrets:
    """The secrets of the identity files that carry a passphrase: visitors cannot be asked for it.
    Raises UsageError where one stays closed."""
    from converter.cli import passphrases
    from converter.identity import issuing, ledger
    from converter.identity.passphrases import OpenedSecrets, is_locked
    from converter.model.submissions import Unit

    entries = (ledger.by_unit(keys) or {}).values()
    files = [issued / issuing.file_name(Unit(e.unit_code, e.unit_name, "")) for e in entries]
    locked = [path for path in files if is_locked(path)]
    if not locked:
        return OpenedSecrets()
    shown: dict[str, str | int] = {"path": locked[0].name, "count": len(locked)}
    if file:
        passphrase = passphrases.first_line(file)
    else:
        question = message("portal_passphrase", **shown)
        passphrase = passphrases.typed(
            question, twice=False, missing="portal_locked_files", **shown
        )
    err(message("portal_opening", count=len(locked)))
    opened = OpenedSecrets(locked, passphrase)
    if closed := opened.closed:
        raise UsageError("portal_wrong_passphrase", path=closed[0].name, count=len(closed))
    return opened


def _roster(path: Path | None, folder: Path, keys: Path, published: Path) -> tuple[Unit, ...]:
    from converter.usecases import identities
    from converter.workers.pool import Worker

    if path is None:
        return ()
    known = identities.known_units(keys, published)
    with Worker() as worker:
        return tuple(roster_units(path, folder, worker, known, keep=False))


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:

    try:
        yield
    except RegisterBusy:
        raise UsageError("portal_busy", path=state) from None


def _bound(listening: Listening) -> socket.socket:
    from converter.web import server

    try:
        return server.bind(listening)
    except OSError as error:
        address = f"{listening.host}:{listening.port}"
        raise UsageError("portal_port", address=address, reason=error.strerror) from None


def _url(listening: Listening, port: int) -> str:
    scheme = "https" if listening.certificate else "http"
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    return f"{scheme}://{host}:{port}/"


def _warn(keys: Path, issued: Path) -> None:
    """What does not belong beside pages that others can reach."""
    from converter.identity.keys import SEALING, SIGNING

    if any((keys / name).exists() for name in (SIGNING, SEALING)):
        err(message("portal_private_keys", path=keys))
    lists = sorted(issued.glob(f"{message('passwords_name')}*.csv"))
    if lists:
        err(message("portal_password_list", path=lists[0]))
