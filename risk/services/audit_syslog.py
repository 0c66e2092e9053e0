"""The audit to a log host: syslog (RFC 5424) over UDP (RFC 5426), TCP (RFC 6587, octet counting) or TLS (RFC 5425), at least once.

How far it has come is kept a target. Over TCP and TLS a batch counts as sent when the host has read it to its end (it closes its side after ours); over UDP
nothing can be known. What was sent and not noted is sent again: the id of a row, in ``risk@32473 id``, tells doubles apart.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, select

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.services.lease import held
from risk.storage.engine import reading, transaction
from risk.storage.tables import audit, audit_targets
from risk.storage.upsert import insert_new

register(
    {
        "syslog_target": ("日志主机地址无效：{address}", "not an address of a log host: {address}"),
        "syslog_target.hint": (
            "例如 tls://log.example.cn:6514、tcp://10.0.0.5:601、udp://10.0.0.5:514",
            "for example tls://log.example.cn:6514, tcp://10.0.0.5:601, udp://10.0.0.5:514",
        ),
    }
)

PORTS = {"udp": 514, "tcp": 601, "tls": 6514}
SECONDS = 10.0
_PRIORITY = 13 * 8 + 5
"""Facility 13, *log audit*; severity 5, *notice* (RFC 5424, section 6.2.1)."""
_ID = "risk@32473"
"""The enterprise number for documentation (RFC 5612); a receiver tells us by the application's name."""
_MOST_UDP = 60_000
BATCH = 500


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: ``udp``, ``tcp`` or ``tls``, host, port."""

    how: str
    host: str
    port: int
    ca_file: str | None = None

    @property
    def name(self) -> str:
        """What it is known by."""
        return f"{self.how}://{self.host}:{self.port}"


def target_of(address: str, ca_file: str | None = None) -> Target:
    """A target as it is written in the settings; ``InvalidInputError`` (``syslog_target``).

    >>> target_of("tls://log.example.cn").name, target_of("udp://10.0.0.5:5514").port
    ('tls://log.example.cn:6514', 5514)
    """
    parts = urlsplit(address.strip())
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or port == 0 or parts.path not in ("", "/"):
        raise InvalidInputError("syslog_target", address=address[:200])
    return Target(parts.scheme, parts.hostname, port or PORTS[parts.scheme], ca_file)


def message(row: Any, host: str, *, most: int | None = None) -> bytes:
    """One row as a message of RFC 5424; where it would be longer than ``most`` bytes the detail is left out, and said to be."""
    at = row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    named = {"id": row.id, "actor": row.actor, "object": row.object, "trace": row.trace_id or "", "alg": row.algorithm, "hash": row.hash}
    data = " ".join(f'{name}="{_value(str(value))}"' for name, value in named.items())
    head = f"<{_PRIORITY}>1 {at} {_name(host, 255)} risk - {_name(row.action, 32)} [{_ID} {data}] ".encode()
    said = head + b"\xef\xbb\xbf" + json.dumps(row.detail, ensure_ascii=False, sort_keys=True).encode()
    return said if most is None or len(said) <= most else head + b'\xef\xbb\xbf{"omitted": "too long"}'


def send(target: Target, messages: Sequence[bytes]) -> None:
    """Give messages to the host; ``OSError`` where it does not take them."""
    if target.how == "udp":
        family = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family[0], socket.SOCK_DGRAM) as link:
            for one in messages:
                link.sendto(one, family[4])
        return
    plain = socket.create_connection((target.host, target.port), timeout=SECONDS)
    with _secured(plain, target) if target.how == "tls" else plain as link:
        for one in messages:
            link.sendall(b"%d %s" % (len(one), one))
        _finish(link)


def export(engine: Engine, target: Target, *, host: str, owner: str, clock: Callable[[], datetime], most: int = 20_000) -> int:
    """Send what the target has not had, in order, batch by batch; returns how many rows. One process at a time; ``OSError`` where the host is away."""
    sent = 0
    with held(engine, f"audit_syslog:{target.name}"[:80], owner, clock) as lease:
        while lease and sent < most:
            with reading(engine) as conn:
                rows = _waiting(conn, target)
            if not rows:
                break
            send(target, [message(row, host, most=_MOST_UDP if target.how == "udp" else None) for row in rows])
            with transaction(engine) as conn:
                _advance(conn, target, int(rows[-1].id), clock())
            sent += len(rows)
    return sent


def sent_to(conn: Connection, target: Target) -> int:
    """The last id that a target has had."""
    return int(conn.scalar(select(audit_targets.c.place).where(audit_targets.c.target == target.name)) or 0)


def _waiting(conn: Connection, target: Target) -> Sequence[Any]:
    return conn.execute(select(audit).where(audit.c.id > sent_to(conn, target)).order_by(audit.c.id).limit(BATCH)).all()


def _advance(conn: Connection, target: Target, place: int, now: datetime) -> None:
    insert_new(conn, audit_targets, [{"target": target.name, "place": 0, "changed_at": now}], ["target"])
    c = audit_targets.c
    conn.execute(audit_targets.update().where(c.target == target.name, c.place < place).values(place=place, changed_at=now))


def _secured(plain: socket.socket, target: Target) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=target.ca_file)
    return context.wrap_socket(plain, server_hostname=target.host)


def _finish(link: socket.socket) -> None:
    """Close our side and wait for the host to close its own: then it has read everything. A host that keeps its side open has the time limit to refuse."""
    if isinstance(link, ssl.SSLSocket):
        with suppress(ssl.SSLError, TimeoutError):
            link.unwrap()
        return
    link.shutdown(socket.SHUT_WR)
    with suppress(TimeoutError):
        while link.recv(4096):
            pass


def _value(text: str) -> str:
    """A parameter's value (RFC 5424, section 6.3.3).

    >>> _value('a"b]c')
    'a\\\\"b\\\\]c'
    """
    for sign in ("\\", '"', "]"):
        text = text.replace(sign, f"\\{sign}")
    return "".join(c if c.isprintable() else " " for c in text)


def _name(text: str, most: int) -> str:
    """A name in the header: printable ASCII without spaces."""
    return "".join(c for c in text if 33 <= ord(c) <= 126)[:most] or "-"
