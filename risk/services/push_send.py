"""Send one claimed message to its target, and say what came of it. Nothing here touches the database."""

from __future__ import annotations

import logging
from datetime import datetime

import orjson

from risk.domain import push
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.push import Answer, judge_http
from risk.domain.push_messages import Names, compose
from risk.domain.push_robots import body_of, judge_robot, signed_address
from risk.services import push_mail, push_webhook
from risk.services.http_guard import Guard, UnreachableError
from risk.services.push_queue import Claim
from risk.services.push_targets import Sealer, Secrets, opened

_log = logging.getLogger("risk.push")


def send(claim: Claim, guard: Guard, box: Sealer, names: Names, now: datetime) -> Answer:
    """One try. Never raises: whatever goes wrong is an answer with a code."""
    try:
        secrets = opened(box, claim.target)
        if claim.target.kind == push.WEBHOOK:
            return _webhook(claim, secrets, guard, names, now)
        if claim.target.kind == push.SMTP:
            return _mail(claim, secrets, guard, names, now)
        return _robot(claim, secrets, guard, names, now)
    except UnreachableError as error:
        return Answer(ok=False, error=error.code)
    except InvalidInputError as error:  # the list no longer holds the address, or its name answers with another one
        return Answer(ok=False, error=error.code, lasting=True)
    except ConflictError:
        return Answer(ok=False, error="push_secret_unreadable")
    except Exception:  # a defect of ours: the message is tried again and is dead in the end, the others go on
        _log.exception("message %s to target %s broke", claim.message, claim.target.id)
        return Answer(ok=False, error="push_broken")


def _webhook(claim: Claim, secrets: Secrets, guard: Guard, names: Names, now: datetime) -> Answer:
    body = push_webhook.body_of(claim.events[0], names.base or "urn:risk")
    reply = guard.post(secrets.address, body, push_webhook.headers_of(claim.message, body, secrets.signing(now), now))
    return judge_http(reply.status, reply.headers, now)


def _robot(claim: Claim, secrets: Secrets, guard: Guard, names: Names, now: datetime) -> Answer:
    kind = claim.target.kind
    secret = next(iter(secrets.signing(now)), "")
    body = body_of(kind, compose(claim.events, claim.target.lang, names), now, secret)
    address = signed_address(kind, secrets.address, now, secret)
    reply = guard.post(address, orjson.dumps(body), {"Content-Type": "application/json; charset=utf-8", "User-Agent": "risk-push"})
    return judge_robot(kind, judge_http(reply.status, reply.headers, now), reply.body)


def _mail(claim: Claim, secrets: Secrets, guard: Guard, names: Names, now: datetime) -> Answer:
    message = compose(claim.events, claim.target.lang, names)
    letter = push_mail.letter_of(message, claim.message, claim.target.options, now)
    return push_mail.send(guard, secrets.address, letter, claim.target.options, secrets.password)
