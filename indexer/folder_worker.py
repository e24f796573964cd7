"""The processes of `folder_search`: each goes through a folder of folders and says what they hold.

    beside FOLDER FILE...   `<folder>/<file>` for each of the files that is there
    states FOLDER FILE      for each folder a line for `queries/load/changed_folders.sql`: mark of
                            its file, 0 where there is none, inode of the folder, its name, or else
                            in hexadecimal a name that is no text of one line

Run as a script, so it imports nothing of the package. It exits with the number of the system's
error where the folder cannot be listed or what is found cannot be written.
"""

import os
import sys

END = b"\0"


def beside(files: list[bytes]) -> None:
    """The files; none of folders whose name begins with a dot."""
    access, endings = os.access, [b"/" + file for file in files]
    with os.scandir(b".") as entries:
        for entry in entries:
            name = entry.name
            for ending in endings:
                if access(name + ending, os.F_OK) and not name.startswith(b"."):
                    sys.stdout.buffer.write(name + ending + END)


def states(files: list[bytes]) -> None:
    """What `stat` says of the file in each folder, as a mark, and which folder it is."""
    write, stat, ending = sys.stdout.buffer.write, os.stat, b"/" + files[0]
    has_inodes = os.name == "posix"  # elsewhere it takes a look at each
    with os.scandir(b".") as entries:
        for entry in entries:
            name = entry.name
            try:
                status = stat(name + ending)
            except OSError:
                mark = 0
            else:
                mark = mark_of(status)
            inode = entry.inode() if has_inodes else 0
            if name.isalnum() or is_text_of_one_line(name):
                write(b"%d/%d/%b/\n" % (mark, inode, name))
            else:
                write(b"%d/%d//%b\n" % (mark, inode, name.hex().encode()))


def is_text_of_one_line(name: bytes) -> bool:
    try:
        return not {"\n", "\r"} & set(name.decode())
    except UnicodeDecodeError:
        return False


def mark_of(status: os.stat_result) -> int:
    """The mark of a run's file of the usual name."""
    return file_mark(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def file_mark(size: int, mtime_ns: int, ctime_ns: int, inode: int, place: int = 0) -> int:
    """60 bits that follow from what `stat` says; never 0. The macro of this name makes the same."""
    mixed = (
        place * 0x1236EB02265B1F5
        + size * 0x19AC27CD8F16ADF
        + mtime_ns * 0x1204F89C386BBC5
        + ctime_ns * 0x13C5FD7414C343D
        + (inode & 0xFFFFFFFFFFFFFFFF) * 0x1859CDE7ED4D57B
    )
    return mixed & 0xFFFFFFFFFFFFFFF or 1


def search(kind: str, folder: str, *files: str) -> None:
    """Write what there is; nothing without a folder. Raises OSError."""
    try:
        os.chdir(folder)  # so that each look goes through fewer folders
    except (FileNotFoundError, NotADirectoryError):
        return
    {"beside": beside, "states": states}[kind](list(map(os.fsencode, files)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        search(*sys.argv[1:])
    except OSError as error:
        os._exit(error.errno or 1)  # at once: what is left to be written cannot be
