"""What the daemon does when another process asks."""

from indexer import forget
from indexer.alerting import Alerting
from indexer.ingest import Indexer
from indexer.requests import Acknowledge, Answer, Forget, Request, Snooze


def do(indexer: Indexer, alerting: Alerting, request: Request) -> Answer:
    """Do it. Raises RunmeterError where it cannot be done."""
    match request:
        case Forget():
            return Answer(refused=forget.remove(indexer, request.run_ids))
        case Acknowledge():
            alerting.acknowledge(request.alert_id)
        case Snooze():
            alerting.snooze(request.alert_id, request.until)
    return Answer()
