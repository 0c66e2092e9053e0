"""The audit goes out: as a list, as a file, as heads noted elsewhere, to a log host over real sockets."""

from __future__ import annotations

import csv
import io
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from risk.domain.errors import InvalidInputError
from risk.scheduling.use_cases import Tools, use_case
from risk.services import audit_heads, audit_syslog, audit_views, auditing
from risk.services.audit_check import verify
from risk.services.audit_syslog import Target, target_of
from risk.services.audit_views import AuditFilter, AuditRow
from risk.settings import Settings
from risk.storage.engine import reading, transaction
from tests.risk.test_audit_chain import unguard

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


@pytest.fixture
def acts(engine: Engine) -> Engine:
    with transaction(engine) as conn:
        auditing.record(conn, "张三", "task.sign", "task:1", {"phone": "13800138000"}, NOW)
        auditing.record(conn, "李四", "task.report", "task:12", {"text": "=1+1"}, NOW + timedelta(hours=1))
        auditing.record(conn, "=cmd|'/c calc'!A1", "taskforce.open", "taskforce:1", {}, NOW + timedelta(hours=2))
    return engine


def listed(engine: Engine, **wanted: object) -> list[int]:
    with reading(engine) as conn:
        return [row.id for row in audit_views.list_audit(conn, AuditFilter(**wanted)).items]  # type: ignore[arg-type]


def test_filters(acts: Engine) -> None:
    assert listed(acts) == [3, 2, 1]
    assert listed(acts, actor="张三") == [1]
    assert listed(acts, action="task") == [2, 1]
    assert listed(acts, action="task.report") == [2]
    assert listed(acts, object="task") == [2, 1]
    assert listed(acts, object="task:1") == [1]
    assert listed(acts, since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=2)) == [2]


def test_pages_follow_each_other(acts: Engine) -> None:
    with reading(acts) as conn:
        first = audit_views.list_audit(conn, AuditFilter(), limit=2)
        second = audit_views.list_audit(conn, AuditFilter(), limit=2, cursor=first.cursor)
    assert [row.id for row in (*first.items, *second.items)] == [3, 2, 1]
    assert second.cursor is None


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_export_is_safe_masked_and_recorded(acts: Engine, form: str) -> None:
    with transaction(acts) as conn:
        made = audit_views.export(conn, AuditFilter(), form, actor="王五", now=NOW, most=2)  # type: ignore[arg-type]
    assert (made.rows, made.last, made.complete) == (2, 2, False)
    with transaction(acts) as conn:
        rest = audit_views.export(conn, AuditFilter(after=made.last), form, actor="王五", now=NOW)  # type: ignore[arg-type]
    assert rest.complete
    whole = made.text + rest.text
    assert "13800138000" not in whole
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(made.text.removeprefix("\ufeff")))) + list(
            csv.DictReader(io.StringIO(rest.text.removeprefix("\ufeff")))
        )
        assert json.loads(rows[0]["detail"]) == {"phone": "138****8000"}
        assert rows[2]["actor"] == "'=cmd|'/c calc'!A1"
        assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())
    else:
        rows = [json.loads(line) for line in whole.splitlines()]
        assert rows[2]["actor"] == "=cmd|'/c calc'!A1"
    assert [row["action"] for row in rows] == ["task.sign", "task.report", "taskforce.open", "audit.export"]
    with reading(acts) as conn:
        newest: AuditRow = audit_views.list_audit(conn, AuditFilter(action="audit.export")).items[-1]
    assert newest.actor == "王五"
    assert newest.detail["sha256"] == made.sha256


def test_a_cut_off_with_the_head_is_found_by_what_was_noted(acts: Engine, tmp_path: Path) -> None:
    with reading(acts) as conn:
        assert audit_heads.check(conn, tmp_path).noted_heads == 0
        assert audit_heads.note(conn, tmp_path, NOW).length == 3
        audit_heads.note(conn, tmp_path, NOW)  # again: nothing new
        found = audit_heads.check(conn, tmp_path)
    assert (found.sound, found.noted_heads, found.vouched_to) == (True, 1, 3)
    with transaction(acts) as conn:
        unguard(conn)
        conn.execute(text("DELETE FROM audit WHERE id > 1"))
        conn.execute(text("UPDATE audit_head SET length = 1, hash = (SELECT hash FROM audit WHERE id = 1)"))
    with reading(acts) as conn:
        assert verify(conn).sound, "the chain alone cannot know"
        found = audit_heads.check(conn, tmp_path)
    assert not found.sound
    assert {fault.kind for fault in found.faults} == {"noted"}


def test_a_rewritten_history_is_found_by_what_was_noted(acts: Engine, tmp_path: Path) -> None:
    with reading(acts) as conn:
        audit_heads.note(conn, tmp_path, NOW)
    with transaction(acts) as conn:
        unguard(conn)
        conn.execute(text("DELETE FROM audit"))
        conn.execute(text("DELETE FROM audit_head"))
    with transaction(acts) as conn:
        for number in range(4):
            auditing.record(conn, "无人", "task.sign", f"task:{number}", {}, NOW)
    with reading(acts) as conn:
        assert verify(conn).sound
        assert [fault.place for fault in audit_heads.check(conn, tmp_path).faults] == [3]


def test_heads_that_were_cut_while_written(tmp_path: Path) -> None:
    path = tmp_path / "heads.ndjson"
    path.write_text('{"length": 1, "hash": "aa"}\n{"length": 2, "ha')
    assert [one.length for one in audit_heads.read(path)] == [1]
    path.write_text('{"length": 1, "ha\n{"length": 2, "hash": "aa"}\n')
    with pytest.raises(InvalidInputError, match="line 1"):
        list(audit_heads.read(path))


class Receiver:
    """A log host: takes connections, keeps what came, closes when its peer has."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.data = b""
        self.broken = False
        self._context = context
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.socket.accept()
            except OSError:
                return
            try:
                if self.broken:
                    link.close()
                    continue
                with self._context.wrap_socket(link, server_side=True) if self._context else link as safe:
                    while part := safe.recv(4096):
                        self.data += part
            except OSError:
                continue

    def messages(self) -> list[bytes]:
        """What came, by octet counting (RFC 6587, 3.4.1)."""
        rest, out = self.data, []
        while rest:
            length, _, rest = rest.partition(b" ")
            out.append(rest[: int(length)])
            rest = rest[int(length) :]
        return out

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def send(engine: Engine, target: Target) -> int:
    return audit_syslog.export(engine, target, host="server-1", owner="here:1:a", clock=lambda: datetime.now(UTC))


def test_a_log_host_gets_every_row_once(acts: Engine, receiver: Receiver) -> None:
    target = target_of(f"tcp://127.0.0.1:{receiver.port}")
    assert send(acts, target) == 3
    assert send(acts, target) == 0
    with transaction(acts) as conn:
        auditing.record(conn, "x", "later", 'a"b]c\\', {"字": "值\n"}, NOW)
    assert send(acts, target) == 1
    got = receiver.messages()
    assert len(got) == 4
    assert got[0].startswith(
        b'<109>1 2026-11-01T03:00:00.000000Z server-1 risk - task.sign [risk@32473 id="1" actor="\xe5\xbc\xa0\xe4\xb8\x89"'
    )
    head, _, said = got[3].partition(b"\xef\xbb\xbf")
    assert b'object="a\\"b\\]c\\\\"' in head
    assert json.loads(said) == {"字": "值\n"}


def test_what_a_log_host_did_not_take_is_sent_again(acts: Engine, receiver: Receiver) -> None:
    target = target_of(f"tcp://127.0.0.1:{receiver.port}")
    receiver.close()
    with pytest.raises(OSError, match="refused"):
        send(acts, target)
    again = Receiver()
    try:
        moved = Target("tcp", "127.0.0.1", again.port)
        assert send(acts, moved) == 3
        assert len(again.messages()) == 3
    finally:
        again.close()
    receiver.socket = socket.create_server(("127.0.0.1", 0))


def test_over_udp(acts: Engine) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        host.bind(("127.0.0.1", 0))
        host.settimeout(5)
        with transaction(acts) as conn:
            auditing.record(conn, "x", "long", "y", {"text": "长" * 40_000}, NOW)
        assert send(acts, target_of(f"udp://127.0.0.1:{host.getsockname()[1]}")) == 4
        got = [host.recv(65_536) for _ in range(4)]
    assert [b'id="%d"' % (n + 1) in one for n, one in enumerate(got)] == [True] * 4
    assert got[3].endswith(b'{"omitted": "too long"}')


def test_over_tls_the_certificate_counts(acts: Engine, tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    opened = Receiver(context)
    try:
        with pytest.raises(ssl.SSLCertVerificationError):
            send(acts, target_of(f"tls://localhost:{opened.port}"))
        assert opened.data == b""
        assert send(acts, target_of(f"tls://localhost:{opened.port}", str(certificate))) == 3
        assert len(opened.messages()) == 3
    finally:
        opened.close()


def _certificate(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "host.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("address", ["http://x", "tcp://", "tcp://x:0", "tcp://x:99999", "udp://x/path", "x"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(InvalidInputError, match="not an address of a log host"):
        target_of(address)


def test_the_job_notes_heads_and_sends(acts: Engine, receiver: Receiver, tmp_path: Path) -> None:
    def none() -> None:
        raise AssertionError

    settings = Settings(tmp_path, "sqlite://", audit_syslog=f"tcp://127.0.0.1:{receiver.port}")
    scorer: Callable[[], object] = none
    told = use_case("audit_out")(Tools(acts, settings, scorer, lambda: datetime.now(UTC)), {})  # type: ignore[arg-type]
    assert told == {"length": 3, "sent": 3}
    assert len(receiver.messages()) == 3
    assert [one.length for one in audit_heads.read(audit_heads.heads_file(tmp_path))] == [3]
