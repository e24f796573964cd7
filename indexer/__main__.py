"""`python -m indexer` is the `runmeter` command."""

import sys


def start() -> None:
    """The command. The status line is answered before anything else is imported."""
    if sys.argv[-1:] == ["statusline"]:
        from indexer.statusline import main as status_line

        code = status_line(sys.argv[1:])
        if code is not None:
            sys.exit(code)
    from indexer.cli import main

    main(prog_name="runmeter")


if __name__ == "__main__":
    start()
