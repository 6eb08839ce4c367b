"""Where everything begins: `converter` on the path, `python -m converter`, the stand-alone program.

A small command beside an open page ends here, without importing more than it takes to hand it over.
"""

import sys


def main() -> None:
    """Run what the arguments ask for, and end with its exit code."""
    first = sys.argv[1:2]
    if first == ["--worker"]:  # the stand-alone program is its own worker,
        from converter.workers import process

        process.main()
        return
    if first == ["--commands"]:  # and runs commands for those that are handed over
        from converter.cli import hosted

        hosted.main()
        return
    from converter.workers import handing

    try:
        code = handing.handed_over(sys.argv[1:])
    except (OSError, KeyboardInterrupt) as error:
        from converter import cli

        sys.exit(cli.ending(error))
    if code is not None:
        sys.exit(code)
    if not handing.needs_worker(sys.argv[1:]):
        from converter import cli

        cli.main()
        return
    from converter.workers import starting

    with starting.begun_worker():  # it imports its libraries while we import ours
        from converter import cli

        cli.main()


if __name__ == "__main__":
    main()
