"""The process of `beside_search`: writes `<folder>/<file>` for each file that is there.

Run as a script with the folder of folders and the names of files, so it imports nothing of the
package. It exits with the number of the system's error where the folder cannot be listed or what
is found cannot be written. Folders whose name begins with a dot are passed over.
"""

import os
import sys
from collections.abc import Sequence

END = b"\0"


def search(folder: str, files: Sequence[str]) -> None:
    """Write what is there; nothing where there is no such folder. Raises OSError."""
    try:
        os.chdir(folder)  # so that each look goes through fewer folders
    except (FileNotFoundError, NotADirectoryError):
        return
    with os.scandir() as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            for file in files:
                relative = f"{entry.name}/{file}"
                if os.access(relative, os.F_OK):
                    sys.stdout.buffer.write(os.fsencode(relative) + END)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        search(sys.argv[1], sys.argv[2:])
    except OSError as error:
        os._exit(error.errno or 1)  # at once: what is left to be written cannot be
