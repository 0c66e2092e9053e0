"""Try a target now with a test message, whatever its state: what an administrator does after entering it. Nothing is queued; the try is kept like others."""

from __future__ import annotations

import time
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.events import Happened
from risk.domain.push import Answer
from risk.domain.signals import digest
from risk.services import auditing, push_send, push_targets
from risk.services.http_guard import Guard
from risk.services.push import names_of
from risk.services.push_queue import Claim
from risk.services.push_targets import Sealer
from risk.storage import tables as t
from risk.storage.engine import transaction


def trial(
    engine: Engine, guard: Guard, box: Sealer, name: str, *, actor: str, now: datetime, base: str = "", scope: Scope = EVERYWHERE
) -> Answer:
    """One test message; ``NotFoundError`` (``push_target_not_found``). What goes wrong is in the answer."""
    with transaction(engine) as conn:
        target = push_targets.find(conn, name, scope)
        key = str(digest(["push.test", target.id, now.isoformat()]))
        values = {"target_id": target.id, "message": key, "deliveries": 0, "started_at": now}
        number = int(conn.execute(insert(t.push_attempts).values(values).returning(t.push_attempts.c.id)).scalar_one())
        auditing.record(conn, actor, "push.target.test", f"push_target:{target.id}", {"name": name}, now)
        names = names_of(conn, base)
        last = int(conn.scalar(select(t.outbox.c.id).order_by(t.outbox.c.id.desc()).limit(1)) or 0)
    happened = Happened(last, key, "push.test", f"push_target:{target.id}", None, {}, now)
    began = time.monotonic()
    answer = push_send.send(Claim(target, key, (happened,), (), 0, now, "trial", number), guard, box, names, now)
    spent = round((time.monotonic() - began) * 1000)
    with transaction(engine) as conn:
        said = {"ok": answer.ok, "status": answer.status, "error": answer.error, "milliseconds": spent}
        conn.execute(update(t.push_attempts).where(t.push_attempts.c.id == number).values(said))
    return answer
