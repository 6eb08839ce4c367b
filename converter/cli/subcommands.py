"""Commands that have commands of their own: identity, form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from converter.cli.common import Chinese, Command, cli
from converter.messages import help


class SubcommandGroup(Chinese, click.Group):
    """A command that has commands of its own; their help stands under `identity issue` and so
    on."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(help.text("commands")):
            names = [(n, help.of(f"{self.name} {n}", "short")) for n in self.commands]
            formatter.write_dl(names)
        super().format_options(ctx, formatter)

    def subcommand(self, name: str) -> Callable[[Callable[..., Any]], click.Command]:
        """One of its commands."""
        return self.command(
            name,
            cls=Command,
            help=help.of(f"{self.name} {name}", "long"),
            short_help=help.of(f"{self.name} {name}", "short"),
            options_metavar=help.text("options_metavar"),
        )


def group(name: str) -> SubcommandGroup:
    """A command of the program that has commands of its own."""
    made = SubcommandGroup(
        name,
        help=help.of(name, "long"),
        short_help=help.of(name, "short"),
        subcommand_metavar=help.text("metavar"),
        options_metavar="",
    )
    cli.add_command(made)
    return made
