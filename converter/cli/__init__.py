"""The command line: click, printing and exit codes, nothing else.

Exit codes: 0 clean · 1 something in the data stands in the way · 2 wrong usage, broken form,
output that cannot be written · 101 a bug, with a crash note.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from converter.cli.shared import OK, USAGE, cli, err

__all__ = ["cli", "main", "run"]


def main() -> None:
    """Entry point: runs a command and turns every ending into an exit code."""
    if sys.argv[1:2] == ["--worker"]:  # a frozen program is its own worker
        from converter import worker

        worker.main()
        return
    gc.set_threshold(50_000, 50, 1000)  # a hundred thousand findings know no cycles
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a GBK console lacks rare characters
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    try:
        result = cli.main(list(arguments), prog_name="converter", standalone_mode=False)
        return result if isinstance(result, int) else OK
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        from converter import failing

        err(failing.usage(error))
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        from converter.messages import say

        err(say("interrupted"))
        return 130
    except Exception as error:  # every other ending is sorted out in one place
        from converter import failing

        text, code = failing.explain(error)
        err(text)
        return code
