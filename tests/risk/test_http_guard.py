"""The door outwards. A real receiver on loopback counts every connection: whatever is not listed must not get a byte."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from risk.domain.errors import InvalidInputError
from risk.services.http_guard import Guard, Limits, UnreachableError, read_address, read_list
from tests.risk.push_world import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listens on loopback."""
    with receiving() as opened:
        yield opened


def answering(*answers: Sequence[str]) -> tuple[list[str], object]:
    """A resolver that gives one answer after the other, and what it was asked."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return asked, resolve


def guard(allow: str, *answers: Sequence[str]) -> Guard:
    """A guard whose names resolve to these addresses."""
    return Guard(read_list(allow), resolve=lambda host, port: answers[0] if answers else [], limits=Limits(2, 2))


HOSTILE = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://127.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://2130706433:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://hooks.example.cn@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@hooks.example.cn/",
    "http://127.0.0.1:{port}\\@hooks.example.cn/",
    "http://hooks.example.cn\r\nHost: x:{port}/",
    "http://127.0.0.1%2f:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "http://[fe80::1]:{port}/",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "",
]


@pytest.mark.parametrize("address", HOSTILE)
@pytest.mark.parametrize(
    "allow", ["https://hooks.example.cn", "http://hooks.example.cn:{port}, http://0.0.0.0/0:{port}, http://[::]/0:{port}"]
)
def test_what_is_not_listed_gets_nothing(receiver: Receiver, address: str, allow: str) -> None:
    """The second list is as careless as one can be: everything on the receiver's port. This machine is not part of everything."""
    door = Guard(read_list(allow.format(port=receiver.port)), resolve=lambda host, port: ["127.0.0.1"], limits=Limits(0.3, 0.5))
    with pytest.raises(InvalidInputError):
        door.post(address.format(port=receiver.port), b"{}", {})
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "answers", [["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"], ["::1"], ["93.184.216.34", "127.0.0.1"], ["fe80::1%eth0"]]
)
def test_a_listed_name_that_points_inside_gets_nothing(receiver: Receiver, answers: list[str]) -> None:
    door = guard(f"http://hooks.example.cn:{receiver.port}", answers)
    with pytest.raises(InvalidInputError) as refused:
        door.post(f"http://hooks.example.cn:{receiver.port}/in", b"{}", {})
    assert refused.value.code == "guard_not_listed"
    assert receiver.connections == 0


def test_a_name_that_changes_its_mind_gets_nothing(receiver: Receiver) -> None:
    """Rebinding: good when the target is entered, this machine when it is used."""
    asked, resolve = answering(["93.184.216.34"], ["127.0.0.1"])
    door = Guard(read_list(f"http://hooks.example.cn:{receiver.port}"), resolve=resolve)  # type: ignore[arg-type]
    place = door.check(f"http://hooks.example.cn:{receiver.port}/in")
    assert door.addresses(place) == ["93.184.216.34"]
    with pytest.raises(InvalidInputError):
        door.post(f"http://hooks.example.cn:{receiver.port}/in", b"{}", {})
    assert receiver.connections == 0
    assert len(asked) == 2


def test_one_push_resolves_once_and_connects_to_what_was_checked(receiver: Receiver) -> None:
    asked, resolve = answering(["93.184.216.34"], ["127.0.0.1"])
    reached = []

    def connect(place: tuple[str, int], timeout: float) -> socket.socket:
        reached.append(place[0])
        return socket.create_connection(("127.0.0.1", receiver.port), timeout)

    door = Guard(read_list(f"http://hooks.example.cn:{receiver.port}"), resolve=resolve, connect=connect)  # type: ignore[arg-type]
    assert door.post(f"http://hooks.example.cn:{receiver.port}/in", b"{}", {}).status == 204
    assert (asked, reached) == (["hooks.example.cn"], ["93.184.216.34"])
    assert receiver.got[0].headers["host"] == f"hooks.example.cn:{receiver.port}"


def test_a_name_may_point_to_a_listed_private_network(receiver: Receiver) -> None:
    door = guard(f"http://127.0.0.0/8:{receiver.port}", ["127.0.0.1"])
    assert door.post(f"http://hooks.intra:{receiver.port}/in", b"{}", {}).status == 204


def test_scheme_and_port_are_part_of_the_list(receiver: Receiver) -> None:
    door = guard(f"http://127.0.0.1:{receiver.port}")
    for address in (f"https://127.0.0.1:{receiver.port}/", f"http://127.0.0.1:{receiver.port + 1}/"):
        with pytest.raises(InvalidInputError):
            door.post(address, b"{}", {})
    assert receiver.connections == 0


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.answer = lambda number: (307, {"Location": inside.url}, b"")
        door = guard(f"{receiver.allow},{inside.allow}")
        assert door.post(receiver.url, b"{}", {}).status == 307
        assert inside.connections == 0


def test_no_proxy_of_the_environment(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert guard(receiver.allow).post(receiver.url, b"{}", {}).status == 204
        assert proxy.connections == 0


def test_an_answer_is_read_up_to_a_size(receiver: Receiver) -> None:
    receiver.answer = lambda number: (200, {}, b"x" * 5_000_000)
    door = Guard(read_list(receiver.allow), limits=Limits(2, 5, 1000))
    assert len(door.post(receiver.url, b"{}", {}).body) == 1000


@pytest.mark.parametrize("drip", [b"H", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"])
def test_whoever_drips_is_cut_off(drip: bytes) -> None:
    """Each byte comes in time for a socket's own limit; the exchange as a whole does not."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(drip[:-1])
                while not stop.wait(0.05):
                    try:
                        peer.sendall(drip[-1:])
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(UnreachableError) as cut:
            Guard(read_list(f"http://127.0.0.1:{port}"), limits=Limits(1, 0.6)).post(f"http://127.0.0.1:{port}/", b"{}", {})
        stop.set()
        thread.join()
    assert cut.value.code == "push_too_slow"


def test_what_is_not_there_or_not_http(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(UnreachableError) as away:
        guard(f"http://127.0.0.1:{port}").post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert away.value.code == "push_unreachable"
    with pytest.raises(UnreachableError) as nowhere:
        guard("http://hooks.example.cn").post("http://hooks.example.cn/", b"{}", {})
    assert nowhere.value.code == "push_unresolved"


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of its own authority for a name."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key), "-out", str(cert), *subject]
    subprocess.run(made, check=True, capture_output=True)
    return cert, key


@pytest.mark.parametrize(("asked", "outcome"), [("hooks.example.cn", None), ("other.example.cn", "push_tls_failed")])
def test_tls_is_for_the_name_at_the_pinned_address(tmp_path: Path, asked: str, outcome: str | None) -> None:
    cert, key = certificate(tmp_path, "hooks.example.cn")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(cert, key)
    names: list[str | None] = []
    served.sni_callback = lambda sock, name, context: names.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            peer, _ = server.accept()
            try:
                with served.wrap_socket(peer, server_side=True) as spoken:
                    read = b""
                    while not read.endswith(b"{}"):
                        read += spoken.recv(65_536)
                    spoken.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except (ssl.SSLError, OSError):
                peer.close()

        thread = threading.Thread(target=serve)
        thread.start()
        door = Guard(
            read_list(f"https://127.0.0.1:{port}"),
            resolve=lambda host, port: ["127.0.0.1"],
            limits=Limits(2, 3),
            tls=ssl.create_default_context(cafile=str(cert)),
        )
        if outcome is None:
            assert door.post(f"https://{asked}:{port}/", b"{}", {}).status == 204
        else:
            with pytest.raises(UnreachableError) as refused:
                door.post(f"https://{asked}:{port}/", b"{}", {})
            assert refused.value.code == outcome
        thread.join()
    assert names == [asked]


@pytest.mark.parametrize(
    "entry", ["hooks.example.cn", "https://", "https://*.example.cn", "https://10.0.0.0/33", "ldap://x", "https://a b", "http://x:99999"]
)
def test_a_list_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_list(entry)
    assert refused.value.code == "guard_list_invalid"


def test_a_refusal_tells_no_secret() -> None:
    for address in ("https://user:hunter2@x/", "ftp://x/token-hunter2", "https://0x7f.1/?key=hunter2"):
        with pytest.raises(InvalidInputError) as refused:
            read_address(address)
        assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("host", ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "[fd00::1]", "[::ffff:10.0.0.1]"])
def test_private_addresses_need_their_network_listed(host: str) -> None:
    reached = []

    def connect(place: tuple[str, int], timeout: float) -> socket.socket:
        reached.append(place[0])
        raise ConnectionRefusedError

    with pytest.raises(InvalidInputError):
        Guard(read_list("http://hooks.example.cn, http://10.9.0.0/16, http://10.0.0.1:81"), connect=connect).post(
            f"http://{host}/", b"{}", {}
        )
    assert reached == []
    with pytest.raises(UnreachableError):
        Guard(read_list(f"http://{host.replace('[::ffff:10.0.0.1]', '10.0.0.1')}"), connect=connect).post(f"http://{host}/", b"{}", {})
    assert len(reached) == 1
