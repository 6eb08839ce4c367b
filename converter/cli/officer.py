"""The upper union's command `receive`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from converter.cli import passphrases
from converter.cli.common import (
    FOUND,
    OK,
    command,
    err,
    form_of,
    message,
    next_step,
    option,
    out,
    out_pieces,
    pool,
    progress,
    unicode_out,
)
from converter.cli.path_types import EXISTING, EXISTING_FILE, TARGET
from converter.cli.roster_output import roster_units

if TYPE_CHECKING:
    from converter.model.forms import Form
    from converter.model.submissions import Unit
    from converter.register import RosterEntry
    from converter.register.receipts import ReceiptSigner
    from converter.usecases.receive import Refusal, Summary
    from converter.workers.pool import Worker

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
FILES_NAMED = 20  # that were not received
KINDS_NAMED = 5  # kinds of faults that are named of a rejected file


@command("receive")
@click.argument("inbox", metavar="INBOX", type=EXISTING)
@option("receive", "--store", type=TARGET, required=True, metavar="DIR")
@option("receive", "--keys", "keys_folder", type=FOLDER, metavar="DIR", key="keys")
@option("receive", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@option("receive", "--roster", type=EXISTING_FILE, metavar="FILE")
@option("receive", "--reply", type=TARGET, metavar="DIR")
@option("receive", "--due", type=DAY, metavar="YYYY-MM-DD")
@option("receive", "--period", default="", metavar="TEXT")
@option("receive", "--signed-only", is_flag=True)
@option("receive", "--rejudge", is_flag=True)
@option("receive", "--decisions", type=FOLDER, metavar="DIR")
@option("receive", "--format", "layout", type=click.Choice(["text", "json"]), default="text",
    key="format",
)  # fmt: skip
@option("receive", "--show-ids", is_flag=True)
@option("receive", "--jobs", type=click.IntRange(1, 64), metavar="N")
@option("receive", "--cluster", metavar="tcp://HOST:PORT")
@click.pass_context
def receive(
    ctx: click.Context,
    inbox: Path,
    store: Path,
    keys_folder: Path | None,
    passphrase_file: Path | None,
    roster: Path | None,
    reply: Path | None,
    due: datetime | None,
    period: str,
    signed_only: bool,
    rejudge: bool,
    decisions: Path | None,
    layout: str,
    show_ids: bool,
    jobs: int | None,
    cluster: str | None,
) -> int:
    from converter.workers.pool import Worker

    signer = _signer(keys_folder, passphrase_file)
    with Worker() as worker, contextlib.ExitStack() as stack:
        from converter.model.clock import created_at
        from converter.usecases.form_choice import named_form
        from converter.usecases.receive import Plan
        from converter.usecases.receive import receive as run

        # A register that says nothing yet is begun with the form that the files are of.
        folder, form = form_of(ctx, store if named_form([store]) else inbox)
        units = _roster(roster, folder, worker, keys_folder, store) if roster else None
        former_names = {one.code: one.former_name for one in units or () if one.former_name}
        writes = [reply] if reply else []
        plan = Plan(
            folder=folder,
            form=form,
            reply=reply.resolve() if reply else None,
            keys=keys_folder.resolve() if keys_folder else None,
            signer=signer,
            jobs=jobs or os.cpu_count() or 1,
            now=created_at(),
            signed_only=signed_only,
            rejudge=rejudge,
            decisions=decisions,
            pool=stack.enter_context(pool(cluster, folder, [inbox], writes, jobs)),
            shared=reply.resolve() if cluster is not None and reply else None,
        )
        done = run(
            inbox,
            store,
            plan,
            worker,
            roster=_entries(units),
            former_names=former_names,
            due=due.date() if due else None,
            period=period,
            progress=progress,
        )
        lists, failed = _Lists(), None
        try:
            lists = _write_lists(done, form, reply, store, show_ids) if reply else lists
        except OSError as error:  # all is registered: what became of it is printed first
            failed = error
    if layout == "json":
        out_pieces(_json(done, form, show_ids))
    else:
        _print_summary(done, form, inbox, store, reply, show_ids, roster is not None, lists)
    if failed:
        raise failed
    refused = any(one.forward.state in ("rejected", "unopened") for one in done.forwards)
    return FOUND if done.results.get("rejected") or done.not_received or refused else OK


class _Lists(NamedTuple):
    """Where the lists of a run are (None: there is none), and those of an earlier run that were
    left alone: open in another program, or changed by somebody."""

    findings: Path | None = None
    sharing: Path | None = None
    still_open: tuple[Path, ...] = ()
    changed: tuple[Path, ...] = ()


def _write_lists(done: Summary, form: Form, reply: Path, store: Path, show_ids: bool) -> _Lists:
    from converter.files import writing
    from converter.messages.catalogue import message
    from converter.model.clock import created_at
    from converter.register import audit
    from converter.report import register_text as report
    from converter.report.reply_files import remove_closed
    from converter.usecases.receive import answers

    def write_findings(target: Path) -> None:
        pieces = report.findings_csv(done.findings, form, show_ids=show_ids)
        writing.write_bytes_atomically(target, pieces, private=True)

    def write_sharing(target: Path) -> None:
        writing.write_bytes_atomically(target, report.sharing_csv(done.sharing), private=True)

    known = answers.known_lists(store)
    findings, sharing = reply / message("findings_file"), reply / message("sharing_file")
    of_others = {path for path in (findings, sharing) if writing.digest_of(path) not in known}
    changed = {path for path in of_others if path.is_file()}
    written = {findings: answers.write_list(findings, write_findings, known)}
    still_open: list[Path] = []
    if done.sharing:
        written[sharing] = answers.write_list(sharing, write_sharing, known)
    elif sharing not in changed:  # of an earlier run
        still_open += remove_closed([sharing])
    digests = {path.name: writing.digest_of(path) for path in written.values()}
    audit.append(store, audit.LISTS, created_at(), lists=digests)
    changed -= set(written.values())
    still_open += [p for p, place in written.items() if place != p and p not in changed]
    return _Lists(
        written[findings], written.get(sharing), tuple(still_open), tuple(sorted(changed))
    )


def _signer(folder: Path | None, passphrase_file: Path | None) -> ReceiptSigner | None:
    if folder is None:
        return None
    from converter.identity import keys

    keys.opener(folder)  # what is missing is reported before any file is touched
    return keys.signer(folder, passphrases.opening(folder, passphrase_file))


def _roster(path: Path, folder: Path, worker: Worker, keys: Path | None, store: Path) -> list[Unit]:
    from converter.usecases import identities

    return roster_units(path, folder, worker, identities.known_units(keys, store))


def _entries(units: Sequence[Unit] | None) -> list[RosterEntry] | None:
    from converter.register import RosterEntry

    if units is None:
        return None
    return [RosterEntry(u.code, u.name, u.superior_code, u.superior_name, u.contact) for u in units]


# --- what is printed of a run --------------------------------------------------------------------


def _print_summary(
    done: Summary,
    form: Form,
    inbox: Path,
    store: Path,
    reply: Path | None,
    show_ids: bool,
    with_roster: bool,
    lists: _Lists,
) -> None:
    if not done.seen:
        err(message("receive_empty", path=inbox))
    _print_results(done, form, show_ids)
    _print_registered(done, with_roster)
    _print_roster(done, store)
    _print_open(done, form, store)
    _print_written(reply, lists, done.still_open)
    _print_not_received(done)
    err(next_step("receive_next", store=store))


def _print_results(done: Summary, form: Form, show_ids: bool) -> None:
    """What a run is for, on stdout: what was refused, what came from unions below, findings."""
    from converter.report import register_text as report

    for one in done.refused:
        out(message("receive_refused", file=one.file, reason=_reason(one, form)))
    if done.forwards:
        from converter.usecases.receive.forwards import sentence

        for forward in done.forwards:
            out(sentence(forward, form))
    if done.findings:
        out(report.findings_text(done.findings, form, sharing=done.sharing, show_ids=show_ids))


def _print_registered(done: Summary, with_roster: bool) -> None:
    """What became of the files of this run."""
    if done.fresh:
        parts = _parts("result", done.results)
        err(message("receive_done", seen=done.seen, fresh=done.fresh, parts=parts))
        err(message("receive_states", parts=_parts("state", done.states)))
    elif done.seen and not done.forwards:
        err(message("receive_nothing", seen=done.seen))
    if done.rejudged:
        err(message("receive_rejudged", **asdict(done.rejudged)))
    if done.unmatched and with_roster:
        names = "、".join(done.unmatched[:5]) + (message("and_more") if done.unmatched[5:] else "")
        err(message("receive_unmatched", count=len(done.unmatched), names=names))
    if done.ordered:
        err(message("orders_done", count=done.ordered))
    for order in done.undecided:
        err(message("orders_refused", file=order.file, reason=order.refused))
    for file in done.paired:
        err(message("receive_paired", file=file))


def _print_roster(done: Summary, store: Path) -> None:
    """How the roster differs from files, and from what it was."""
    if done.respelled:
        codes = "、".join(f"{listed} → {code}" for listed, code in list(done.respelled.items())[:5])
        codes += message("and_more") if len(done.respelled) > 5 else ""
        err(message("receive_respelled", count=len(done.respelled), codes=codes))
    for change in done.roster_changes[:5]:
        err(message(f"log_{change.how}", period=done.period, **change._asdict()))
    if done.roster_changes[5:]:
        err(next_step("receive_roster_changes", count=len(done.roster_changes), store=store))


def _print_open(done: Summary, form: Form, store: Path) -> None:
    """What is left for the officer to decide or to look into."""
    from converter.report import register_text as report

    if done.waiting:
        err(next_step("receive_waiting", count=done.waiting, store=store))
    if done.findings:
        params = {"count": len(done.findings), "parts": report.counted(done.findings, form)}
        err(message("receive_findings", period=done.period, **params))
    else:
        err(message("receive_findings_none", period=done.period))


def _print_written(reply: Path | None, lists: _Lists, still_open: Sequence[Path]) -> None:
    """Where replies and lists are, and which of an earlier run were left alone."""
    if lists.findings:
        err(message("receive_findings_file", path=lists.findings))
    if lists.sharing:
        err(message("receive_sharing_file", path=lists.sharing))
    if reply:
        err(message("receive_replies", path=reply))
        err(message("answers_written", path=reply / message("units_folder")))
    for path in (*still_open, *lists.still_open):
        err(message("receive_still_open", path=path))
    for path in lists.changed:
        err(message("receive_list_kept", path=path))


def _print_not_received(done: Summary) -> None:
    from converter.text.display import visible

    for left in done.not_received[:FILES_NAMED]:
        err(message(f"receive_not_now_{left.code}", file=visible(left.file)))
    if done.not_received:
        err(message("receive_not_now", count=len(done.not_received)))


def _parts(kind: str, counted: dict[str, int]) -> str:
    return "，".join(
        message("receive_part", word=message(f"receive_{kind}_{key}"), count=number)
        for key, number in sorted(counted.items())
    )


def _reason(one: Refusal, form: Form) -> str:
    """The faults that stand in the way, by their titles."""
    from converter.messages import catalogue

    kinds = list(dict.fromkeys(catalogue.heading(code, form) for code in one.codes))
    more = catalogue.message("and_more") if kinds[KINDS_NAMED:] else ""
    return "、".join(kinds[:KINDS_NAMED]) + more


def _json(done: Summary, form: Form, show_ids: bool) -> Iterator[str]:
    """An object of a few values and many findings, each written when it is its turn."""
    import json

    from converter.report import register_text as report

    refused = [
        {
            "file": one.file,
            "unit": {"code": one.unit_code, "name": one.unit_name},
            "codes": list(one.codes),
            "receipt": one.receipt,
        }
        for one in done.refused
    ]
    printed = {
        "version": 1,
        "period": done.period,
        "summary": {"files": done.seen, "registered": done.fresh, **done.results},
        "states": done.states,
        "rejected": refused,
        "unmatched": list(done.unmatched),
        "waiting": done.waiting,
        "paired": list(done.paired),
        "not_received": [{"file": one.file, "code": one.code} for one in done.not_received],
        "still_open": list(map(str, done.still_open)),
        "forwards": [asdict(one.forward) for one in done.forwards],
        **({"rejudged": asdict(done.rejudged)} if done.rejudged else {}),
        "sharing": [{"units": list(units), "count": count} for units, count in done.sharing],
    }
    dump = partial(json.dumps, ensure_ascii=not unicode_out(), indent=2)
    yield dump(printed).removesuffix("\n}") + ',\n  "findings": ['
    before = "\n"
    for one in report.findings_json(done.findings, form, show_ids=show_ids):
        yield before + "    " + dump(one).replace("\n", "\n    ")
        before = ",\n"
    yield "\n  ]\n}\n" if done.findings else "]\n}\n"
