"""What others ask of the one writer: done here, or by the process that holds the index."""

from indexer import alert_book, forget
from indexer.config import Layout
from indexer.deciding import acknowledged, snoozed
from indexer.errors import LockedError
from indexer.ingest import Indexer
from indexer.requests import Acknowledge, Answer, Forget, Request, Snooze, ask


def do(indexer: Indexer, request: Request) -> Answer:
    """Do it. Raises RunmeterError where it cannot be done."""
    match request:
        case Forget():
            return Answer(refused=forget.remove(indexer, request.run_ids))
        case Acknowledge():
            now = indexer.now
            alert_book.change(indexer.store, request.alert_id, lambda one: acknowledged(one, now))
        case Snooze():
            until = request.until
            alert_book.change(indexer.store, request.alert_id, lambda one: snoozed(one, until))
    return Answer()


def have_done(layout: Layout, request: Request) -> Answer:
    """Do it and publish, or have the daemon do it that is at work.

    Raises RunmeterError where it cannot be done, or where a daemon does not answer.
    """
    try:
        with Indexer(layout) as indexer:
            answer = do(indexer, request)
            indexer.run_pass()
            return answer
    except LockedError:
        return ask(layout, request)
