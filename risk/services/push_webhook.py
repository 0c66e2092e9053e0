"""One event as a webhook: the attributes of CloudEvents 1.0 in the body, the headers and signatures of Standard Webhooks around it.

The id is the key of the event in the outbox, the same at every try and for every target, so that a receiver who has seen it may answer 200 and do nothing.
(github.com/cloudevents/spec, v1.0.2; github.com/standard-webhooks/standard-webhooks. A receiver verifies with any library of the latter.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson

from risk.domain.events import Happened

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"


def body_of(event: Happened, source: str) -> bytes:
    """The JSON of an event; ``source`` is how browsers reach the service, or a name of its own.

    >>> from datetime import datetime, UTC
    >>> moment = datetime(2026, 10, 12, 2, tzinfo=UTC)
    >>> body = orjson.loads(body_of(Happened(7, "k", "task.issued", "task:12", "420500-finance_lead", {"grade": "red"}, moment), "urn:risk"))
    >>> body["type"], body["subject"], body["time"], body["sequence"], body["data"]["grade"]
    ('task.issued', 'task:12', '2026-10-12T02:00:00+00:00', '7', 'red')
    """
    told = {
        "specversion": "1.0",
        "id": event.key,
        "source": source,
        "type": event.event,
        "subject": event.object,
        "time": event.at.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "sequence": str(event.id),  # grows with every event: a receiver sees what came before what
        **({"traceid": event.trace} if event.trace else {}),
        "data": {**event.data, "office": event.office},
    }
    return orjson.dumps(told)


def headers_of(message: str, body: bytes, secrets: Sequence[str], now: datetime) -> Mapping[str, str]:
    """The headers around a body, with one signature for every secret: two while a secret is being changed."""
    from standardwebhooks import Webhook

    moment = now.astimezone(UTC)
    signatures = [Webhook(secret).sign(message, moment, body.decode()) for secret in secrets]
    return {
        "Content-Type": MEDIA_TYPE,
        "User-Agent": "risk-push",
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
