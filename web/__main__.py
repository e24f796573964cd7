"""`python -m web` serves the dashboard alone: `runmeter serve` by another name."""

import sys

from indexer.cli import main

if __name__ == "__main__":
    own = {"--root", "--database"}
    arguments = sys.argv[1:]
    leading: list[str] = []
    # The options of `runmeter` itself stand before its command.
    while arguments and arguments[0].split("=")[0] in own:
        size = 1 if "=" in arguments[0] else 2
        leading, arguments = leading + arguments[:size], arguments[size:]
    main([*leading, "serve", *arguments], prog_name="python -m web")
