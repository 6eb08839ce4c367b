"""The command `form`, to which the modules beside this one add its commands."""

from converter.cli.subcommands import group

command = group("form").subcommand
