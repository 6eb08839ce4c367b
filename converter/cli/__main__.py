"""`python -m converter.cli`: the same as the installed command."""

from converter.cli import main

main()
