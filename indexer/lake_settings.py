"""`analytics.lake`: the lake that this machine shares with others.

No secret has a place here: passwords and keys come from the environment, as PostgreSQL's
and S3's own clients read them (`PGPASSWORD`, `PGPASSFILE`, `AWS_ACCESS_KEY_ID` …).
"""

import re
import socket
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from indexer.checked import convert, definitions
from indexer.config import load_config
from indexer.errors import NOT_SHOWN, UsageError, WrongValue
from indexer.layout import Layout

_TEXT = r"^[^\x00-\x1f\x7f]{1,1000}(?!\n)$"
_MACHINE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}(?!\n)$"
_PASSWORD = re.compile(r"password\s*=|passfile\s*=|://[^@/]*:[^@/]*@", re.IGNORECASE)
POSTGRES = "postgres:"


class Lake(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The section. `catalog` says what there is, `data_path` is where the rows are."""

    catalog: Annotated[
        str,
        Meta(
            pattern=_TEXT,
            description='"postgres:" with a connection string that holds no password, or the'
            " path of a file, which one process at a time can use",
        ),
    ]
    data_path: Annotated[
        str, Meta(pattern=_TEXT, description="a folder, or an address such as s3://bucket/folder")
    ]
    machine: Annotated[
        Annotated[str, Meta(pattern=_MACHINE)] | None,
        Meta(
            description="1 to 63 letters, digits, dots, dashes or underscores that name this"
            " machine, or null for its host name"
        ),
    ] = None
    ship: Annotated[
        bool, Meta(description="true or false: whether the daemon ships after each publish")
    ] = True

    @property
    def name(self) -> str:
        """Under which this machine's rows are kept."""
        return self.machine or re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:63] or "local"

    @property
    def is_postgres(self) -> bool:
        return self.catalog.startswith(POSTGRES)


def check_lake(value: Any) -> Lake | None:
    """The section, checked. Raises WrongValue; null stands for none."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise WrongValue(NOT_SHOWN, "an object with catalog and data_path, or null")
    lake = convert(value, Lake)
    if _PASSWORD.search(lake.catalog):
        raise WrongValue(
            NOT_SHOWN, "a connection string without a password; see PGPASSWORD", ".catalog"
        )
    return lake


def lake_schemas() -> dict[str, Any]:
    """JSON Schema of the section, by name."""
    return definitions(Lake)


def lake_of(layout: Layout) -> Lake:
    """The lake of the configuration. Raises UsageError where there is none, ConfigError."""
    found = load_config(layout).lake
    if found is None:
        raise UsageError(f"{layout.config_file}: analytics.lake: not set; see docs/scale.md")
    return found
