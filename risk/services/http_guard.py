"""The door outwards: only what the operator listed is reached, at the very address that was checked.

A push is a request that somebody else chose the address of (server-side request forgery, CWE-918). Targets of an administration *are* private addresses, so
"no private addresses" cannot be the rule; the rule is a list: ``RISK_PUSH_ALLOW``, entries of scheme, host or network, port.

    https://hooks.example.gov.cn, https://10.20.0.0/16:8443, smtp://10.1.2.3:25

A name is resolved once; every address it has must pass; the connection goes to a checked one, with the name in ``Host``, SNI and certificate. A listed name
is good for public addresses; a private or loopback one must lie in a listed network, so that a name which suddenly answers 127.0.0.1 reaches nothing.
Link-local, metadata, multicast, unspecified, translated (NAT64, 6to4, Teredo) addresses are never reached, whatever is listed. No redirect is followed, no proxy of the environment
is used, an answer is read up to a size, and a watchdog ends the whole exchange in time.

Not ok: any other HTTP client for addresses that people type in.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]

PORTS = {"https": 443, "http": 80, "smtp": 25, "smtp+starttls": 587, "smtps": 465}
"""Schemes that exist, with their ports."""

_TRIED = 3  # addresses of one name
_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NEVER = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "fe80::/10", "fec0::/10", "ff00::/8", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fd00:ec2::254/128",
    )
)  # fmt: skip
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

register(
    {
        "guard_address_invalid": ("推送地址无效：{address}", "not an address to push to: {address}"),
        "guard_address_invalid.hint": (
            "写成 协议://主机[:端口]/路径；不含用户名密码，主机不用八进制、十六进制或省略写法",
            "write scheme://host[:port]/path; no user or password in it, no octal, hexadecimal or shortened host",
        ),
        "guard_not_listed": ("推送地址不在许可名单内：{place}", "the address is not on the list of allowed targets: {place}"),
        "guard_not_listed.hint": (
            "由系统管理员加入 RISK_PUSH_ALLOW；内网与本机地址须以网段写明",
            "an administrator adds it to RISK_PUSH_ALLOW; private and local addresses need their network listed",
        ),
        "guard_list_invalid": ("RISK_PUSH_ALLOW 中的条目无法识别：{entry}", "an entry of RISK_PUSH_ALLOW cannot be read: {entry}"),
        "guard_list_invalid.hint": (
            "写成 协议://主机或网段[:端口]，以逗号分隔",
            "write scheme://host-or-network[:port], separated by commas",
        ),
    }
)


class UnreachableError(Exception):
    """Nothing was sent, or no whole answer came: ``code`` is a message of :mod:`risk.domain.push`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Place:
    """Scheme, host and port of an address, with the rest of it."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: a name, or a network."""

    scheme: str
    port: int
    name: str = ""
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: status, headers by lower-case name, the body up to the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, seconds for everything, bytes of an answer."""

    connect: float = 5.0
    total: float = 15.0
    most_bytes: int = 65_536


def read_list(text: str) -> tuple[Entry, ...]:
    """The list from its text; ``InvalidInputError`` (``guard_list_invalid``).

    >>> [(e.scheme, e.name or str(e.network), e.port) for e in read_list("https://hooks.example.cn, https://10.2.0.0/16:8443,smtp://10.1.2.3")]
    [('https', 'hooks.example.cn', 443), ('https', '10.2.0.0/16', 8443), ('smtp', '10.1.2.3/32', 25)]
    >>> read_list("http://*")
    Traceback (most recent call last):
    risk.domain.errors.InvalidInputError: an entry of RISK_PUSH_ALLOW cannot be read: http://*
    """
    return tuple(_entry(one.strip()) for one in text.replace("\n", ",").split(",") if one.strip())


def _entry(text: str) -> Entry:
    found = re.fullmatch(r"([a-z+]+)://(?:\[([0-9a-fA-F:.]+)\]|([^/:\[\]\s]+))(/\d{1,3})?(?::(\d{1,5}))?(/\d{1,3})?", text)
    if not found or found[1] not in PORTS:
        raise InvalidInputError("guard_list_invalid", entry=text[:120])
    scheme, host, mask = found[1], (found[2] or found[3]).lower(), found[4] or found[6] or ""
    port = int(found[5] or PORTS[scheme])
    try:
        return Entry(scheme, port, network=ip_network(host + mask))
    except ValueError:
        if mask or not _NAME.fullmatch(host) or not 0 < port < 65_536:
            raise InvalidInputError("guard_list_invalid", entry=text[:120]) from None
    return Entry(scheme, port, name=host)


def read_address(address: str, schemes: Sequence[str] = tuple(PORTS)) -> Place:
    """The parts of an address that may be pushed to; ``InvalidInputError`` (``guard_address_invalid``).

    >>> str(read_address("https://Hooks.example.cn/in?x=1")), read_address("https://hooks.example.cn/in?x=1").path
    ('https://hooks.example.cn:443', '/in?x=1')
    >>> read_address("http://0x7f.1/")
    Traceback (most recent call last):
    risk.domain.errors.InvalidInputError: not an address to push to: http://0x7f.1
    """
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
        _literal(host)
        plain = address.isascii() and address.isprintable() and not set(address) & set(' \\"<>^`{|}')
        usable = parts.scheme in schemes and not set(parts.netloc) & set("@%") and not parts.fragment and port != 0
    except ValueError:
        plain = usable = False
    if not (plain and usable):
        raise InvalidInputError("guard_address_invalid", address=_short(address))
    return Place(parts.scheme, host, port or PORTS[parts.scheme], (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _literal(host: str) -> Address | None:
    """The address a host spells out, nothing for a name; ``ValueError`` for anything in between (octal, hexadecimal, shortened)."""
    try:
        return ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):  # the last part of a name begins with no digit
            raise
        return None


def _short(address: str) -> str:
    """What may be said of an address that is refused: no query, no user, no path; they may hold secrets."""
    found = re.match(r"\s*([A-Za-z+]{1,20}:)?/{0,3}([^/?#]*)", address)
    place = (found[2] if found else "").rpartition("@")[2]
    return f"{(found[1] if found else '') or ''}//{place}"[:120] if found else ""


def resolve_name(host: str, port: int) -> list[str]:
    """The addresses of a name, by the system's resolver."""
    return list(dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def _connect(place: tuple[str, int], timeout: float) -> socket.socket:
    return socket.create_connection(place, timeout)


class Guard:
    """The list, and the only way to reach what is on it. ``resolve`` and ``connect`` are for tests."""

    def __init__(
        self,
        allowed: Sequence[Entry],
        *,
        resolve: Resolve = resolve_name,
        connect: Connect = _connect,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.allowed = tuple(allowed)
        self.limits = limits or Limits()
        self._resolve = resolve
        self._connect = connect
        self._tls = tls

    def check(self, address: str, schemes: Sequence[str] = tuple(PORTS)) -> Place:
        """Whether an address can be on the list at all, without asking any resolver: its name is listed, or it spells out a listed address.

        ``InvalidInputError``: ``guard_address_invalid``, ``guard_not_listed``.
        """
        place = read_address(address, schemes)
        literal = _literal(place.host)
        if literal is not None:
            if not self._reaches(place, literal):
                raise InvalidInputError("guard_not_listed", place=str(place))
        elif not self._named(place) and not any(entry.network for entry in self._entries(place)):
            raise InvalidInputError("guard_not_listed", place=str(place))
        return place

    def addresses(self, place: Place) -> list[str]:
        """The checked addresses of a place, resolved now and once; ``guard_not_listed`` if any of them may not be reached."""
        literal = _literal(place.host)
        if literal is not None:
            found = [str(literal)]
        else:
            try:
                found = list(self._resolve(place.host, place.port))
            except OSError as error:
                raise UnreachableError("push_unresolved") from error
        if not found:
            raise UnreachableError("push_unresolved")
        for one in found:
            if not self._reaches(place, ip_address(one.partition("%")[0])):
                raise InvalidInputError("guard_not_listed", place=f"{place} ({one})")
        return found

    @contextmanager
    def connected(self, place: Place, *, tls: bool) -> Iterator[socket.socket]:
        """A connection to a checked address, with TLS for the name where asked; a watchdog cuts it when the time is over."""
        with self._watched(self.open(place)) as raw:
            if not tls:
                yield raw
                return
            with self.context().wrap_socket(raw, server_hostname=place.host) as wrapped:
                yield wrapped

    def open(self, place: Place) -> socket.socket:
        """A plain connection to the first checked address that answers."""
        error: OSError | None = None
        for one in self.addresses(place)[:_TRIED]:
            try:
                return self._connect((one, place.port), self.limits.connect)
            except OSError as failed:
                error = failed
        raise UnreachableError("push_too_slow" if isinstance(error, TimeoutError) else "push_unreachable") from error

    def context(self) -> ssl.SSLContext:
        """Certificates and names are checked, by the system's authorities (``SSL_CERT_FILE`` names others); read once."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """POST to a listed address. :class:`UnreachableError` where no whole answer came; a redirect is an answer like others, and nobody follows it."""
        place = self.check(address, ("http", "https"))
        try:
            with self.connected(place, tls=place.scheme == "https") as sock:
                return self._exchange(place, sock, body, headers)
        except ssl.SSLError as error:
            raise UnreachableError("push_too_slow" if isinstance(error, TimeoutError) else "push_tls_failed") from error
        except TimeoutError as error:
            raise UnreachableError("push_too_slow") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UnreachableError("push_answer_broken") from error

    def _exchange(self, place: Place, sock: socket.socket, body: bytes, headers: Mapping[str, str]) -> Reply:
        connection = http.client.HTTPConnection(place.host, place.port, timeout=self.limits.total)
        connection.sock = sock
        connection.auto_open = 0
        host = f"[{place.host}]" if ":" in place.host else place.host
        port = "" if place.port == PORTS[place.scheme] else f":{place.port}"
        sent = {"Host": host + port, "Connection": "close", "Accept-Encoding": "identity", **headers}
        connection.request("POST", place.path, body, sent)
        answer = connection.getresponse()
        read = answer.read(self.limits.most_bytes)
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, told, read)

    @contextmanager
    def _watched(self, raw: socket.socket) -> Iterator[socket.socket]:
        """However slowly the other side drips, and in whichever step, the connection is shut when the time is over."""
        ends = time.monotonic() + self.limits.total
        raw.settimeout(self.limits.total)
        handle = raw.dup()  # TLS takes the socket over; this one stays ours
        watchdog = threading.Timer(self.limits.total, _shut, (handle,))
        watchdog.daemon = True
        watchdog.start()
        try:
            yield raw
            if time.monotonic() >= ends:  # an answer that never ended
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= ends:
                raise TimeoutError from error
            raise
        finally:
            watchdog.cancel()
            handle.close()
            raw.close()

    def _entries(self, place: Place) -> list[Entry]:
        return [one for one in self.allowed if one.scheme == place.scheme and one.port == place.port]

    def _named(self, place: Place) -> bool:
        return any(one.name and one.name == place.host for one in self._entries(place))

    def _reaches(self, place: Place, address: Address) -> bool:
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        networks = [one.network for one in self._entries(place) if one.network is not None and address in one.network]
        if any(address in loop for loop in _LOOPBACK):  # a wide network such as 0.0.0.0/0 does not list this machine
            return any(_within(network, loop) for network in networks for loop in _LOOPBACK)
        if any(address in network for network in _NEVER):
            return False
        return bool(networks) or (self._named(place) and address.is_global)


def _within(network: Network, outer: Network) -> bool:
    if isinstance(network, IPv4Network) and isinstance(outer, IPv4Network):
        return network.subnet_of(outer)
    return isinstance(network, IPv6Network) and isinstance(outer, IPv6Network) and network.subnet_of(outer)


def _shut(raw: socket.socket) -> None:
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:  # it ended by itself meanwhile
        return
