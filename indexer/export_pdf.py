"""The report as a PDF: set by typst from a template, tagged, with fonts of its own.

The fonts come as packages, so that the same question gives the same bytes on every machine.
Where a name has a letter that none of them has, the document is tagged all the same but does
not claim PDF/UA, which wants every letter shown.
"""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from indexer import whole
from indexer.document import document
from indexer.errors import RunmeterError
from indexer.figures import Row

if TYPE_CHECKING:
    import duckdb

TEMPLATE = Path(__file__).with_name("report.typ")
_NEEDED = "pdf needs typst and fonts: pip install 'runmeter[pdf]'"
_FONT_PACKAGES = (
    "fontpkg_noto_sans",
    "justmytype_intl_rtl",
    "justmytype_intl_south_asia",
    "justmytype_intl_sea",
    "justmytype_intl_cjk",
)
FONTS = (
    "Noto Sans",
    *(f"Noto Sans {script}" for script in ("Arabic", "Hebrew", "Devanagari", "Bengali", "Tamil")),
    *(f"Noto Sans {script}" for script in ("Telugu", "Thai", "Lao", "Khmer", "Myanmar")),
    *(f"Noto Sans {script}" for script in ("JP", "KR", "SC", "TC")),
)
Progress = Callable[[int, int], None]


def write(
    connection: "duckdb.DuckDBPyConnection",
    target: Path,
    covers: Row,
    progress: Progress | None = None,
) -> None:
    """Write the document. Raises RunmeterError where the extra `pdf` is missing, OSError."""
    found = render(document(connection, covers))
    with whole.file(target) as path:
        path.write_bytes(found)
    if progress:
        progress(1, 1)


def render(data: Row) -> bytes:
    """The bytes of the document. Raises RunmeterError."""
    try:
        import typst
    except ImportError as error:
        raise RunmeterError(_NEEDED) from error
    # Only as data: text is never read as markup.
    inputs = {"data": json.dumps(data | {"fonts": FONTS})}
    fonts = typst.Fonts(include_system_fonts=False, font_paths=font_folders())
    compiler = typst.Compiler(TEMPLATE, font_paths=fonts, sys_inputs=inputs)
    try:
        found = compiler.compile(format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise RunmeterError(f"pdf: {error}") from error
        found = compiler.compile(format="pdf")
    if not isinstance(found, bytes):
        raise RunmeterError("pdf: found pages, allowed: one document")
    return found


def font_folders() -> list[str]:
    """Where the fonts are. Raises RunmeterError where a package of them is missing."""
    folders = []
    for name in _FONT_PACKAGES:
        spec = find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise RunmeterError(_NEEDED)
        folders += list(spec.submodule_search_locations)
    return folders
