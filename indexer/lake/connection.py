"""A connection to the lake: DuckDB with the extensions that it needs, attached as `lake`.

The extensions come from wheels that fit one version of DuckDB and are loaded by path, which
needs no network and no home directory; where none fits they are installed from the network.
DuckDB loads nothing by itself here. Keys of S3 are given to it as a secret of this
connection, which is stored nowhere. What does not fit into MEMORY goes to a temporary folder.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from indexer.errors import RunmeterError, UsageError
from indexer.lake_settings import POSTGRES, Lake

MEMORY = "1GB"  # of DuckDB's buffers, however large the lake is
_EXTENSIONS = {"ducklake": "DuckLake", "postgres_scanner": "PostgreSQL", "httpfs": "S3"}


class LakeError(RunmeterError):
    """The lake cannot be reached or refuses; the local index goes on without it."""


@contextmanager
def connected(
    lake: Lake, *, read_only: bool = True, create: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Raises LakeError where the lake is not there or refuses, UsageError without the extra."""
    with in_memory() as connection:
        attach(connection, lake, read_only=read_only, create=create)
        with failures(lake):
            yield connection


def in_memory() -> duckdb.DuckDBPyConnection:
    """A database in memory that loads nothing by itself and leaves nothing behind."""
    folder = Path(tempfile.gettempdir()) / f"runmeter-lake-{os.getpid()}"
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": MEMORY,
            "temp_directory": str(folder),
        }
    )


@contextmanager
def failures(lake: Lake) -> Iterator[None]:
    """What DuckDB says while it works on the lake, as LakeError."""
    try:
        yield
    except duckdb.Error as error:
        raise LakeError(f"{shown(lake)}: {first_line(error)}") from error


def attach(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    *,
    read_only: bool = True,
    create: bool = False,
) -> None:
    """Attach the lake as `lake`. Raises LakeError, UsageError."""
    _load(connection, "ducklake")
    if lake.is_postgres:
        _load(connection, "postgres_scanner")
    if lake.data_path.startswith("s3://"):
        _load(connection, "httpfs")
        _give_keys(connection)
    options = [f"data_path {_quoted(lake.data_path)}", f"create_if_not_exists {create}"]
    if read_only:
        options.append("read_only")
    with failures(lake):
        connection.execute(
            f"attach {_quoted('ducklake:' + lake.catalog)} as lake ({', '.join(options)})"
        )


def shown(lake: Lake) -> str:
    """The lake's name for people."""
    return f"lake {lake.catalog.removeprefix(POSTGRES)!r}"


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _load(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    file = _wheel(name)
    try:
        if file is None:
            connection.execute(f"install {name}")
        connection.execute(f"load {_quoted(str(file or name))}")
    except duckdb.Error as error:
        raise UsageError(
            f"DuckDB {duckdb.__version__} has no extension for {_EXTENSIONS[name]} here"
            f" ({first_line(error)}); install runmeter[lake], which brings what fits together"
        ) from error


def _wheel(name: str) -> Path | None:
    """The extension of this version of DuckDB, where its wheel is installed."""
    spec = find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}"
    file = folder / f"{name}.duckdb_extension"
    return file if file.is_file() else None


def _give_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """What S3 clients read from the environment, as a secret of this connection."""
    environment = os.environ
    values = {
        "key_id": environment.get("AWS_ACCESS_KEY_ID"),
        "secret": environment.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": environment.get("AWS_SESSION_TOKEN"),
        "region": environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
    }
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if endpoint:
        parts = urlsplit(endpoint)
        values |= {"endpoint": parts.netloc, "url_style": "path"}
        values["use_ssl"] = "true" if parts.scheme == "https" else "false"
    given = ", ".join(f"{name} {_quoted(value)}" for name, value in values.items() if value)
    if given:
        connection.execute(f"create or replace secret lake_s3 (type s3, provider config, {given})")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
