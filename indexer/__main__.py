"""`python -m indexer` is the `runmeter` command."""

from indexer.cli import main

if __name__ == "__main__":
    main(prog_name="runmeter")
