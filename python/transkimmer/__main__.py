"""`python -m transkimmer`: the command-line program that the package carries."""

import os
import pathlib
import sys


def main() -> None:
    """Becomes the program, with this process's arguments."""
    program = pathlib.Path(__file__).parent / "bin" / "transkimmer"
    os.execv(program, ["transkimmer", *sys.argv[1:]])


if __name__ == "__main__":
    main()
