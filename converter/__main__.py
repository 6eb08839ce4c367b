"""`python -m converter`: the command where the folder of scripts is not on the path."""

from converter.cli import main

if __name__ == "__main__":
    main()
