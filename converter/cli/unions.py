"""Unions below and above one: identity request, endorse, join, withdraw; verify, which follows a
file up to the top."""

from __future__ import annotations

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
    option,
    out,
    own_union,
    print_beside,
)
from converter.cli.identity import command, print_issues
from converter.cli.path_types import EXISTING_FILE, EXISTING_FOLDER, TARGET
from converter.model.errors import UsageError

if TYPE_CHECKING:
    from converter.identity.links import UnionIdentity
    from converter.usecases.unions import Proof


@command("request")
@option("identity request", "--keys", type=TARGET, required=True, metavar="DIR")
@option("identity request", "--name", required=True, metavar="TEXT")
@option("identity request", "--code", required=True, metavar="CODE")
@option("identity request", "-o", "--output", type=TARGET, required=True, metavar="FILE")
@option("identity request", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
def request(keys: Path, name: str, code: str, output: Path, passphrase_file: Path | None) -> int:
    from converter.identity.subordinates import UnionName
    from converter.usecases import unions

    secret = passphrases.opening(keys if keys.exists() else None, passphrase_file)
    done = unions.request(keys, UnionName(code.strip(), name.strip()), output, secret)
    print_beside(output, done.path)
    out(message("union_requested", path=done.path))
    out(message("identity_fingerprint", fingerprint=done.fingerprint))
    err(message("union_request_next"))
    if done.has_new_keys:
        err(message("identity_keep", path=keys))
    return OK


@command("endorse")
@click.argument("request", metavar="REQUEST", type=EXISTING_FILE)
@option("identity endorse", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("identity endorse", "-o", "--output", type=TARGET, required=True, metavar="PATH")
@option("identity endorse", "--scope", multiple=True, metavar="CODE")
@option("identity endorse", "--valid-until", default="", metavar="YYYY-MM-DD")
@option("identity endorse", "--name", default="", metavar="TEXT")
@option("identity endorse", "--code", default="", metavar="CODE")
@option("identity endorse", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@click.pass_context
def endorse(
    ctx: click.Context,
    request: Path,
    keys: Path,
    output: Path,
    scope: tuple[str, ...],
    valid_until: str,
    name: str,
    code: str,
    passphrase_file: Path | None,
) -> int:
    from converter.model.clock import created_at
    from converter.model.issues import Issue
    from converter.usecases import unions

    own = own_union(name, code)
    secret = passphrases.opening(keys, passphrase_file)
    terms = unions.EndorsementTerms(scope, valid_until)
    done = unions.endorse(request, keys, output, terms, own, created_at(), secret)
    if isinstance(done, Issue):
        return print_issues(ctx, request, (done,))
    union = done.union
    print_beside(done.wanted, done.path)
    out(message("union_endorsed", name=union.name, code=union.code, path=done.path))
    out(message("union_scope_row", scope="、".join(union.scope), valid_until=union.valid_until))
    out(message("identity_fingerprint", fingerprint=done.fingerprint))
    err(message("union_endorse_next", name=union.name))
    return OK


@command("join")
@click.argument("file", metavar="FILE", type=EXISTING_FILE)
@option("identity join", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
@click.pass_context
def join(ctx: click.Context, file: Path, keys: Path) -> int:
    from converter.identity.keys import fingerprint
    from converter.model.issues import Issue
    from converter.usecases import unions

    done = unions.join(file, keys)
    if isinstance(done, Issue):
        return print_issues(ctx, file, (done,))
    own, top = done[0], done[-1]
    out(message("union_joined", name=own.name, superior=own.superior_name))
    out(message("union_scope_row", scope="、".join(own.scope), valid_until=own.valid_until))
    _print_chain(done)
    top_fingerprint = fingerprint(top.superior_signing, top.superior_sealing)
    out(message("identity_fingerprint", fingerprint=top_fingerprint))
    err(message("union_join_next", superior=top.superior_name))
    return OK


@command("withdraw")
@click.argument("code", metavar="CODE")
@option("identity withdraw", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("identity withdraw", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
def withdraw(code: str, keys: Path, passphrase_file: Path | None) -> int:
    from converter.identity import standing
    from converter.model.clock import created_at
    from converter.usecases import unions

    secret = passphrases.opening(keys, passphrase_file)
    gone = unions.withdraw(keys, code, created_at(), secret)
    out(message("union_withdrawn", name=gone.name, code=gone.code))
    err(message("union_withdraw_next", path=keys / standing.NAME))
    return OK


def _print_chain(chain: tuple[UnionIdentity, ...]) -> None:
    for one in chain:
        out(message("union_chain_row", name=one.superior_name, code=one.superior_code))


@command("verify")
@click.argument("file", metavar="FILE", type=EXISTING_FILE)
@option("identity verify", "--keys", type=EXISTING_FOLDER, metavar="DIR")
@option("identity verify", "--fingerprint", default="", metavar="TEXT")
@click.pass_context
def verify(ctx: click.Context, file: Path, keys: Path | None, fingerprint: str) -> int:
    from converter.identity import ledger
    from converter.usecases import unions
    from converter.workers.pool import Worker

    if keys is None and not fingerprint:
        raise UsageError("union_verify_needs")
    folder, _ = form_of(ctx)
    with Worker() as worker:
        proof = unions.prove(file, keys, fingerprint, folder, worker)
    if proof.holds:
        _print_proof(proof)
    # Of a unit's file; which of a union's are good, its own list says.
    if keys and proof.serial and not proof.chain and not (keys / ledger.NAME).exists():
        err(message("identity_no_ledger", path=keys / ledger.NAME))
    return max(print_issues(ctx, file, proof.issues), OK if proof.holds else FOUND)


def _print_proof(proof: Proof) -> None:
    """Whose file it is, and the unions above it up to the top."""
    if not proof.chain and proof.serial:
        params = {"name": proof.name, "code": proof.code, "serial": proof.serial}
        out(message("identity_good", **params))
        return
    out(message("union_good", name=proof.name, code=proof.code))
    for one in proof.chain:
        out(message("union_chain_row", name=one.name, code=one.code))
    out(message("union_top_row", name=proof.top_name, fingerprint=proof.top))
