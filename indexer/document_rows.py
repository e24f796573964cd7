"""What a reading of a source's file says for the bookkeeping, and the issues of its lines."""

from indexer.discover import Reading
from indexer.listing import SourceFile
from indexer.records import Issue, StagedFile

MAX_ISSUES = 100  # of one file in one batch


def whole_file(
    file: SourceFile,
    reading: Reading,
    content: str | None,
    issues: list[Issue],
    *,
    unsettled: bool,
) -> StagedFile:
    """The row of a file that is read whole; an error among the issues makes it invalid, and
    what it said before stays."""
    bad = any(issue.severity == "error" for issue in issues)
    return StagedFile(
        file.key,
        file.source.name,
        "invalid" if bad else "indexed",
        *reading.state,
        read_again=unsettled,
        content_hash=content,
        is_replaced=not bad,
        issues=issues[:MAX_ISSUES],
    )


def tell(staged: StagedFile, offset: int, issues: list[Issue]) -> None:
    """Issues of one line, with its place."""
    staged.bad_lines += any(issue.severity == "error" for issue in issues)
    for issue in issues[: MAX_ISSUES - len(staged.issues)]:
        place = f"byte {offset}{': ' if issue.place else ''}{issue.place}"
        staged.issues.append(Issue(issue.severity, place, issue.reason, issue.found))
