"""The document, read by a second reader: text, tags, pages; hostile names are names."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest

from indexer import document, export_pdf, figures, reports
from indexer.asking import asked
from indexer.config import Layout
from indexer.errors import RunmeterError
from indexer.filters import Filters
from indexer.shown import cell, shown
from indexer.tables import COMPARISON
from tests.reporting import AS_OF, NAMES, make_index

FILTERS = Filters.parse({"as_of": [AS_OF], "range": ["365d"]})


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return make_index(tmp_path_factory.mktemp("document"))


@pytest.fixture
def connection(layout: Layout) -> Iterator[Any]:
    with asked(layout, FILTERS) as connection:
        yield connection


def text_of(reader: pypdf.PdfReader) -> str:
    """The text of all pages, without the places where a word may be broken."""
    return "\n".join(page.extract_text() for page in reader.pages).replace("\u200b", "")


def test_the_document_says_what_the_views_say(connection: Any, tmp_path: Path) -> None:
    covers = reports.coverage(connection, FILTERS)
    for name in ("a", "b"):
        export_pdf.write(connection, tmp_path / f"{name}.pdf", covers)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "b.pdf"]
    reader = pypdf.PdfReader(tmp_path / "a.pdf")
    text = text_of(reader)
    summary = figures.summary(connection)
    assert shown(summary["total_cost"], "money") in text
    for row in figures.projects(connection)[:5]:
        line = f"{document.clean(row['project_name'])} {row['runs_count']} "
        assert line in text
    for row in figures.models(connection):
        assert f"{shown(row['total_cost'], 'money')} {shown(row['cost_share'], 'rate')}" in text
    for row in figures.budgets(connection):
        assert f"{shown(row['spent'], 'money')} of {shown(row['amount'], 'money')}" in text
    assert "Monthly budget" in text
    assert "monthly_budget" not in text
    assert "10 without a known start" in text
    assert "QA outcome " in text, "values have names"
    for place, page in enumerate(reader.pages):
        assert f"{place + 1} / {len(reader.pages)}" in page.extract_text()
        assert not page.images, "charts are vectors"


def test_a_difference_of_rates_is_in_points_and_not_in_percent_of_them() -> None:
    (column,) = [column for column in COMPARISON.columns if column.key == "difference"]
    rows = [("qa_pass_rate", -0.02), ("qa_pass_rate", None), ("runs", 3.0)]
    found = [cell(column, {"figure": name, "difference": value}) for name, value in rows]
    assert found == ["-2.0 pp", "-", "3"]


def test_pages_look_as_pages_do(connection: Any, tmp_path: Path) -> None:
    """A third reader, that of a browser, paints them: nothing is empty, cut off or black."""
    export_pdf.write(connection, tmp_path / "a.pdf", reports.coverage(connection, FILTERS))
    with pypdfium2.PdfDocument(tmp_path / "a.pdf") as opened:
        painted = [page.render(scale=1).to_numpy().astype(int) for page in opened]
        texts = [page.get_textpage().get_text_bounded() for page in opened]
    assert len(painted) == len(pypdf.PdfReader(tmp_path / "a.pdf").pages) > 1
    for place, (pixels, text) in enumerate(zip(painted, texts, strict=True)):
        ink = pixels.min(axis=2) < 200
        height, width = ink.shape
        assert 0.01 < ink.mean() < 0.3, f"page {place + 1}"
        edge = [ink[:20], ink[-20:], ink[:, :20], ink[:, -20:]]
        assert not any(part.any() for part in edge), "nothing runs off the paper"
        assert ink[-height // 10 :, : width // 2].any(), "what it is, at the foot"
        assert ink[-height // 10 :, width // 2 :].any(), "the number of the page"
        assert f"{place + 1} / {len(painted)}" in text
    blue, green, red = (painted[0][:, :, channel] for channel in range(3))
    bars = (blue > red + 40) & (red > green)
    budgets = (green > red + 60) & (green > blue + 30)
    assert bars.sum() > 500, "the chart of days"
    assert budgets.sum() > 500, "what is spent of the budgets"


def test_names_of_any_script_are_names_and_never_markup(connection: Any, tmp_path: Path) -> None:
    export_pdf.write(connection, tmp_path / "a.pdf", reports.coverage(connection, FILTERS))
    reader = pypdf.PdfReader(tmp_path / "a.pdf")
    text = text_of(reader)
    assert "#set page(fill: red) $x$ *b* `c`" in text
    for name in NAMES[1:4]:
        assert name in text
    for name in NAMES[4:6]:  # signs that combine come in an order of their own
        assert set(name) - {" "} <= set(text)
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == "Runs and their cost"
    kinds = set(tags(root["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure"} <= kinds
    assert b"pdfuaid" in root["/Metadata"].get_data()


def tags(node: Any) -> Iterator[str]:
    """The kinds of all elements of the tree of tags."""
    found = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(found, list):
        for child in found:
            yield from tags(child)
    elif isinstance(found, dict):
        if "/S" in found:
            yield str(found["/S"])
        yield from tags(found.get("/K", []))


def test_a_letter_without_a_glyph_costs_only_the_claim(connection: Any) -> None:
    data = document.document(connection, reports.coverage(connection, FILTERS))
    whole = export_pdf.render(data)
    data["budgets"][0]["name"] = "party \U0001f389"
    without = export_pdf.render(data)
    assert b"pdfuaid" in whole
    assert b"pdfuaid" not in without
    root: Any = pypdf.PdfReader(io.BytesIO(without)).trailer["/Root"]
    assert "/Table" in set(tags(root["/StructTreeRoot"]))


@pytest.mark.parametrize(("text", "most", "expected"), [
    ("a\x1b[31m\n\u202eb", 40, "a\ufffd[31m\ufffd\ufffdb"),
    ("x" * 50, 40, "x" * 39 + "…"),
    ("日本", 40, "日本"),
])  # fmt: skip
def test_text_is_one_line_of_what_fits(text: str, most: int, expected: str) -> None:
    assert document.clean(text, most) == expected


def test_nothing_known_is_unknown_and_not_zero(tmp_path: Path) -> None:
    from tests.helpers import index

    layout = Layout.of(tmp_path)
    index(layout)
    with asked(layout, Filters()) as connection:
        covers = reports.coverage(connection, Filters())
        data = document.document(connection, covers)
        export_pdf.write(connection, tmp_path / "a.pdf", covers)
    values = {figure["name"]: figure["value"] for figure in data["figures"]}
    assert (values["Runs"], values["QA passed"], values["Mean duration"]) == ("0", "-", "-")
    assert data["chart"] is None
    assert "Nothing matches." in text_of(pypdf.PdfReader(tmp_path / "a.pdf"))


@pytest.mark.parametrize("missing", ["typst", "justmytype_intl_cjk"])
def test_without_the_extra_the_message_says_how_to_get_it(
    connection: Any, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    if missing == "typst":
        monkeypatch.setitem(sys.modules, missing, None)
    else:
        monkeypatch.setattr(export_pdf, "_FONT_PACKAGES", ("no_such_package",))
    with pytest.raises(RunmeterError, match=r"pip install 'runmeter\[pdf\]'"):
        export_pdf.render(document.document(connection, reports.coverage(connection, FILTERS)))
