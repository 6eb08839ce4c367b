"""Commands to look things up: explain, fields."""

from __future__ import annotations

import click

from converter.cli.common import OK, USAGE, command, form_of, out


@command("explain")
@click.argument("code", required=False, default="", metavar="[CODE]")
@click.pass_context
def explain(ctx: click.Context, code: str) -> int:
    from converter.forms.loading import accepted
    from converter.report import reference

    folder, _ = form_of(ctx)
    text = reference.explain(accepted(folder), code.upper())
    out(text)
    return OK if not code or text.startswith(code.upper()) else USAGE


@command("fields")
@click.pass_context
def fields(ctx: click.Context) -> int:
    from converter.forms.loading import accepted
    from converter.report import reference

    folder, _ = form_of(ctx)
    out(reference.fields(accepted(folder)))
    return OK
