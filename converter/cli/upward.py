"""`forward`: what a union sends to the one above it."""

from __future__ import annotations

from pathlib import Path

import click

from converter.cli import passphrases
from converter.cli.common import (
    OK,
    command,
    err,
    form_of,
    message,
    option,
    out,
    own_union,
    print_beside,
    rows_counted,
)
from converter.cli.path_types import EXISTING_FILE, EXISTING_FOLDER, TARGET


@command("forward")
@option("forward", "--store", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("forward", "--keys", type=EXISTING_FOLDER, required=True, metavar="DIR")
@option("forward", "-o", "--output", type=TARGET, required=True, metavar="FILE")
@option("forward", "--period", default="", metavar="TEXT")
@option("forward", "--interim", is_flag=True)
@option("forward", "--figures-only", is_flag=True)
@option("forward", "--name", default="", metavar="TEXT")
@option("forward", "--code", default="", metavar="CODE")
@option("forward", "--passphrase-file", type=EXISTING_FILE, metavar="FILE")
@click.pass_context
def forward(
    ctx: click.Context,
    store: Path,
    keys: Path,
    output: Path,
    period: str,
    interim: bool,
    figures_only: bool,
    name: str,
    code: str,
    passphrase_file: Path | None,
) -> int:
    from converter.model.clock import created_at
    from converter.upward.writing import ForwardPlan
    from converter.usecases import forwarding, outputs

    own = own_union(name, code)
    folder, form = form_of(ctx, store)
    plan = ForwardPlan(period.strip(), interim, figures_only, created_at())
    secret = passphrases.opening(keys, passphrase_file)
    target = outputs.output_path(output, ".zip")
    done = forwarding.forward(store, folder, keys, target, plan, own, secret)
    print_beside(target, done.path)
    out(message("forward_written", path=done.path))
    rows = rows_counted(form.main_table, done.counts["members"])
    out(message("forward_counts", period=done.period, rows=rows, **done.counts))
    err(message("forward_sealed" if done.is_sealed else "forward_unsealed"))
    if done.taken:
        err(message("forward_resumed", count=done.taken))
    elif done.anew:
        err(message("forward_anew"))
    if figures_only:
        err(message("forward_figures"))
    return OK
