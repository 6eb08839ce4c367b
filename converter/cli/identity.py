"""The upper union's keys and identity files: identity init, issue, show, verify; the workbooks
and the roster that `template` writes for officers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from converter.cli import passphrases
from converter.cli.common import (
    FOUND,
    OK,
    err,
    form_of,
    message,
    next_step,
    option,
    out,
    print_kept,
    print_report,
    progress,
)
from converter.cli.path_types import EXISTING, EXISTING_FILE, EXISTING_FOLDER, TARGET
from converter.cli.roster_output import print_coded
from converter.cli.subcommands import group
from converter.model.errors import UsageError

if TYPE_CHECKING:
    from converter.model.issues import Issue
    from converter.usecases.identities import IdentityReport


command = group("identity").subcommand


@command("init")
@option("identity init", "--keys", type=TARGET, required=True, metavar="DIR")
@option("identity init", "--passphrase", is_flag=True)
@option("identity init", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
def init(keys: Path, passphrase: bool, passphrase_file: Path | None) -> int:
    from converter.usecases import identities

    secret = passphrases.first_line(passphrase_file) if passphrase_file else ""
    if passphrase and not secret:
        question = message("passphrase_new")
        secret = passphrases.typed(question, twice=True, missing="passphrase_needs_init")
    public = identities.init(keys, secret)
    out(message("identity_made", path=keys))
    out(message("identity_fingerprint", fingerprint=public.fingerprint))
    err(message("identity_keep", path=keys))
    return OK


@command("issue")
@click.argument("roster", metavar="ROSTER", type=EXISTING_FILE)
@option("identity issue", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("identity issue", "-o", "--output", type=TARGET, required=True, metavar="DIR")
@option("identity issue", "--period", default="", metavar="TEXT")
@option("identity issue", "--valid-until", default="", metavar="YYYY-MM-DD")
@option("identity issue", "--contact", metavar="TEXT")
@option("identity issue", "--unit", "only", multiple=True, metavar="CODE", key="unit")
@option("identity issue", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@click.pass_context
def issue(
    ctx: click.Context,
    roster: Path,
    keys: Path,
    output: Path,
    period: str,
    valid_until: str,
    contact: str | None,
    only: tuple[str, ...],
    passphrase_file: Path | None,
) -> int:
    from converter.usecases.contacts import own_contact
    from converter.workers.pool import Worker

    own = own_contact(contact)
    passphrase = passphrases.opening(keys, passphrase_file)

    with Worker() as worker:
        from converter.usecases import identities

        folder, _ = form_of(ctx)
        terms = identities.terms(folder, period, valid_until)
        known = identities.known_units(keys, None)
        found = identities.read_roster(folder, roster, worker, known, keys_folder=keys)
    if found.outcome.issues:
        print_report([found.outcome], found.table, show_ids=False, summary=False)
    if found.outcome.status in ("errors", "unreadable"):
        err(message("identity_roster_refused", path=roster))
        return FOUND
    print_coded(found.answer)
    units = identities.chosen(found.units, only)
    done = identities.issue(units, keys, output, terms, passphrase, contact=own)
    out(message("identity_issued", count=len(done.files), path=output))
    if done.again:
        out(message("identity_again", count=done.again))
    out(message("identity_until", period=terms.period, valid_until=terms.valid_until))
    out(message("identity_passwords", path=done.passwords))
    err(message("identity_hand_out"))
    return OK


@command("password")
@click.argument("unit", metavar="CODE")
@option("identity password", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
def password(unit: str, keys: Path) -> int:
    from converter.usecases import identities

    entry, made = identities.new_password(keys, unit)
    out(message("identity_password", name=entry.unit_name, code=entry.unit_code, password=made))
    err(message("identity_password_old"))
    return OK


@command("passphrase")
@click.argument("path", metavar="DIR|FILE", type=EXISTING)
@option("identity passphrase", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@option("identity passphrase", "--new-passphrase-file", type=EXISTING_FILE, metavar="FILE")
@option("identity passphrase", "--remove", is_flag=True)
@click.pass_context
def passphrase(
    ctx: click.Context,
    path: Path,
    passphrase_file: Path | None,
    new_passphrase_file: Path | None,
    remove: bool,
) -> int:
    from converter.messages.catalogue import message
    from converter.usecases import identities

    old, new = passphrases.opening(path, passphrase_file), ""
    if new_passphrase_file:
        new = passphrases.first_line(new_passphrase_file)
    elif not remove:
        question = message("passphrase_new")
        new = passphrases.typed(question, twice=True, missing="passphrase_needs")
    issues = identities.change_passphrase(path, old, new)
    if not issues:
        out(message("passphrase_changed" if new else "passphrase_removed", path=path))
    return print_issues(ctx, path, issues)


@command("show")
@click.argument("file", metavar="FILE", type=EXISTING_FILE)
@click.pass_context
def show(ctx: click.Context, file: Path) -> int:
    from converter.usecases import identities

    shown = identities.show(file)
    _print(shown)
    return print_issues(ctx, file, shown.issues)


def _print(shown: IdentityReport) -> None:
    from converter.identity.keys import fingerprint

    if shown.public is None:
        return
    holder, keys = shown.public.identity, shown.public.keys
    union_fingerprint = (
        fingerprint(keys.union_signing, keys.union_sealing) if keys.union_signing else "—"
    )
    signed = "identity_signed" if shown.public.signature else "identity_unsigned"
    false = any(i.code == "I131" for i in shown.issues)
    secret = "there" if shown.secret else "none"
    secret = f"identity_secret_{'locked' if shown.is_locked else secret}"
    rows = {
        "unit": message("identity_named", name=holder.unit_name, code=holder.unit_code),
        "superior": message(
            "identity_named", name=holder.superior_name, code=holder.superior_code or "—"
        ),
        "period": holder.period,
        "serial": holder.serial,
        "contact": holder.superior_contact,
        "validity": message("identity_days", issued=holder.issued, valid_until=holder.valid_until),
        "union_key": union_fingerprint,
        "signature": "" if false else message(signed),
        "secret": message(secret),
    }
    for key, value in rows.items():
        if value:
            out(message("identity_row", label=message(f"identity_{key}"), value=value))


def print_issues(ctx: click.Context, file: Path, issues: tuple[Issue, ...]) -> int:
    from converter.model.issues import Issues, Level
    from converter.model.submissions import Outcome

    if not issues:
        return OK
    _, form = form_of(ctx)
    print_report([Outcome(str(file), Issues.of(issues))], form, show_ids=False, summary=False)
    return FOUND if any(i.level is Level.ERROR for i in issues) else OK


def template(
    ctx: click.Context,
    folder_of: Path | None,
    output: Path | None,
    rows: int,
    given: Mapping[str, object],
    *,
    contact: str | None,
    force: bool,
) -> int:
    """`template --identities DIR` and `template --roster`; `given` are options that make no
    sense beside them."""
    from converter.usecases import identities
    from converter.usecases.contacts import own_contact
    from converter.usecases.outputs import output_path
    from converter.workers.pool import Worker

    also = [name for name, value in given.items() if value]
    if also:
        raise UsageError("templates_alone", option=also[0])
    with Worker() as worker:
        folder, form = form_of(ctx)
        if folder_of is None:
            name = f"{message('roster_name')}.xlsx"
            target = output_path(output or Path(name), ".xlsx", name)
            roster = identities.blank_roster(folder, target, worker, force=force)
            if roster.kept:
                print_kept(roster.kept, roster.path, form)
            out(message("roster_made", path=roster.path))
            err(next_step("roster_next", path=roster.path))
            return OK
        if output is None:
            raise UsageError("templates_folder")
        made = identities.templates(
            folder, folder_of, output, rows, worker, progress,
            contact=own_contact(contact), force=force,
        )  # fmt: skip
    if made.outcomes:
        print_report(made.outcomes, form, show_ids=False, summary=False)
    out(message("templates_made", count=made.count, path=output))
    if made.kept:
        names = "、".join(path.name for path in made.kept[:5])
        more = message("and_more") if made.kept[5:] else ""
        out(message("templates_kept", count=len(made.kept), names=names + more))
    return FOUND if any(o.status in ("errors", "unreadable") for o in made.outcomes) else OK
