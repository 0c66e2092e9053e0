"""Single sign-on by OpenID Connect: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9700, section 2.1).

What must be remembered between leaving and coming back travels in a cookie that only we can read; so it works over several processes, is bound to the browser, and
is over after a few minutes. The provider's answer is believed when its signature, issuer, audience, time and nonce are right. Nobody gets an account by
coming from a provider: the person must be linked to one, or a claim that the settings name must be the name of one.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, select

from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotSignedInError
from risk.domain.identity import name_key, rules
from risk.domain.messages import register
from risk.services import accounts, auditing, sessions
from risk.services.secrets_key import SecretBox
from risk.settings import Settings
from risk.storage import tables as t

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

CALLBACK = "/api/v1/auth/oidc/callback"
SCOPE = "openid profile email"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that are believed: none that is made with a shared secret, and never ``none``."""
SECONDS = 10.0
"""How long the provider may take for an answer."""
MOST_BYTES = 1024 * 1024

register(
    {
        "oidc_not_set_up": ("没有配置单点登录", "no provider of single sign-on is set up"),
        "oidc_not_set_up.hint": (
            "设置 RISK_OIDC_ISSUER、RISK_OIDC_CLIENT_ID 与 RISK_PUBLIC_URL",
            "set RISK_OIDC_ISSUER, RISK_OIDC_CLIENT_ID and RISK_PUBLIC_URL",
        ),
        "oidc_not_installed": ("没有安装单点登录组件", "what single sign-on needs is not installed"),
        "oidc_not_installed.hint": ("pip install 'risk-early-warning[sso]'", "pip install 'risk-early-warning[sso]'"),
        "oidc_insecure": ("单点登录地址须为 https：{url}", "addresses of single sign-on must be https: {url}"),
        "oidc_unreachable": (
            "单点登录服务没有应答，或应答无法理解：{what}",
            "the sign-on provider does not answer, or not as it should: {what}",
        ),
        "oidc_refused": ("单点登录未完成：{why}", "single sign-on did not succeed: {why}"),
        "oidc_refused.hint": ("从头再登录一次", "start again"),
        "oidc_unknown": ("单点登录成功，但没有对应的账号", "the provider knows you, but no account here is yours"),
        "oidc_unknown.hint": (
            "请安全管理员把账号与编号 {subject} 关联",
            "a security administrator can link an account to the subject {subject}",
        ),
        "oidc_second_factor": ("此角色须由单点登录服务核验第二因素", "this role takes a second factor, and the provider asked for none"),
    }
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the browser goes, and what it keeps until it comes back."""

    url: str
    sealed: str


class Provider:
    """The provider of the settings, with what it published; read when first needed, keys again when an unknown one signs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._metadata: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None

    @property
    def issuer(self) -> str:
        """Who signs; ``ConflictError`` (``oidc_not_set_up``) where the settings name nobody."""
        chosen = self._settings
        if not (chosen.oidc_issuer and chosen.oidc_client_id and chosen.public_url):
            raise ConflictError("oidc_not_set_up")
        return chosen.oidc_issuer

    def metadata(self) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0, section 4); it must be of the issuer that was asked."""
        with self._lock:
            if self._metadata is None:
                found = _get_json(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer:
                    raise ConflictError("oidc_unreachable", what="issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    _secure(str(found.get(name, "")))
                self._metadata = found
            return self._metadata

    def keys(self, *, anew: bool = False) -> KeySet:
        """The keys it signs with."""
        from joserfc.jwk import KeySet

        uri = str(self.metadata()["jwks_uri"])
        with self._lock:
            if self._keys is None or anew:
                self._keys = KeySet.import_key_set(_get_json(uri))  # type: ignore[arg-type]
            return self._keys


def leave(provider: Provider, settings: Settings, box: SecretBox, now: datetime) -> Leaving:
    """Begin: the address at the provider, and the sealed state, nonce and verifier. ``ConflictError``: ``oidc_not_set_up``, ``oidc_not_installed``, …"""
    _require_installed()
    metadata = provider.metadata()
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    with _client(settings) as client:
        url, _ = client.create_authorization_url(
            str(metadata["authorization_endpoint"]), state=state, nonce=nonce, code_verifier=verifier, redirect_uri=_back(settings)
        )
    kept = json.dumps({"state": state, "nonce": nonce, "verifier": verifier})
    return Leaving(str(url), box.seal(kept, at=int(now.timestamp())))


def come_back(
    provider: Provider, settings: Settings, box: SecretBox, given: Mapping[str, str], sealed: str, now: datetime
) -> Mapping[str, Any]:
    """The claims of whoever came back, believed. ``NotSignedInError`` (``oidc_refused``) says why not."""
    _require_installed()
    seconds = int(read_toml("identity.toml")["oidc"]["flow_minutes"]) * 60
    opened = box.open_fresh(sealed, seconds=seconds, now=int(now.timestamp())) if sealed else None
    if opened is None:
        raise NotSignedInError("oidc_refused", why="expired")
    kept = json.loads(opened)
    if not secrets.compare_digest(given.get("state", "").encode(), kept["state"].encode()):
        raise NotSignedInError("oidc_refused", why="state")
    if "code" not in given:
        raise NotSignedInError("oidc_refused", why=_word(given.get("error", "")) or "code")
    if given.get("iss", provider.issuer) != provider.issuer:  # RFC 9207: the answer is another provider's
        raise NotSignedInError("oidc_refused", why="iss")
    token = _exchange(provider, settings, given["code"], kept["verifier"])
    return _believed(provider, settings, token, kept["nonce"], now)


def account_of(conn: Connection, settings: Settings, claims: Mapping[str, Any]) -> Row[Any] | None:
    """The account that is linked to this person; else the one whose name is in the claim that the settings name and that is linked to nobody."""
    a = t.accounts.c
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    linked = conn.execute(select(t.accounts).where(a.oidc_issuer == issuer, a.oidc_subject == subject)).first()
    if linked is not None or not settings.oidc_claim:
        return linked
    named = claims.get(settings.oidc_claim)
    if not isinstance(named, str) or (settings.oidc_claim == "email" and claims.get("email_verified") is not True):
        return None
    return conn.execute(select(t.accounts).where(a.name_key == name_key(named), a.oidc_subject.is_(None))).first()


def enter(conn: Connection, settings: Settings, claims: Mapping[str, Any], *, now: datetime, client: str = "", address: str = "") -> str:
    """The token of a session. Whoever came by a name is linked to the account from now on. ``ForbiddenError``: ``oidc_unknown``, ``oidc_second_factor``."""
    row = account_of(conn, settings, claims)
    if row is None or row.state != "active":
        raise ForbiddenError("oidc_unknown", subject=str(claims["sub"])[:200])
    second = second_factor_of(claims)
    if row.oidc_subject is None:  # from now on the name is this person's, whoever bears it at the provider later
        accounts.link(conn, int(row.id), str(claims["iss"]), str(claims["sub"]), actor=row.name, now=now)
    if rules().second_factor_roles & set(row.roles) and not second:
        raise ForbiddenError("oidc_second_factor")
    auditing.record(conn, row.name, "auth.sign_in", f"account:{row.id}", {"how": "oidc", "second": second, "address": address}, now)
    return sessions.open_session(conn, row.id, how="oidc", second_factor=second, now=now, client=client)


def second_factor_of(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that it asked for a second factor (``amr``, RFC 8176).

    >>> second_factor_of({"amr": ["pwd", "otp"]}), second_factor_of({"amr": ["pwd"]}), second_factor_of({})
    (True, False, False)
    """
    given = claims.get("amr")
    return isinstance(given, list) and bool(set(map(str, given)) & set(read_toml("identity.toml")["oidc"]["second_factor"]))


def _exchange(provider: Provider, settings: Settings, code: str, verifier: str) -> str:
    """The ID token for a code."""
    from authlib.integrations.base_client import OAuthError
    from httpx2 import HTTPError

    endpoint = str(provider.metadata()["token_endpoint"])
    try:
        with _client(settings) as client:
            answer = client.fetch_token(
                endpoint, code=code, code_verifier=verifier, redirect_uri=_back(settings), grant_type="authorization_code"
            )
    except OAuthError as error:
        raise NotSignedInError("oidc_refused", why=_word(str(error.error)) or "token") from error
    except (HTTPError, ValueError) as error:
        raise ConflictError("oidc_unreachable", what="token_endpoint") from error
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise NotSignedInError("oidc_refused", why="id_token")
    return token


def _believed(provider: Provider, settings: Settings, token: str, nonce: str, now: datetime) -> Mapping[str, Any]:
    """The claims of an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""
    from authlib.oidc.core import CodeIDToken
    from joserfc.errors import JoseError

    try:
        claims = _decode(provider, token)
        checked = CodeIDToken(
            claims,
            {},
            {
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": settings.oidc_client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": settings.oidc_client_id},
        )
        checked.validate(now=int(now.timestamp()), leeway=int(read_toml("identity.toml")["oidc"]["leeway_seconds"]))
    except (JoseError, ValueError, KeyError) as error:
        raise NotSignedInError("oidc_refused", why=_reason(error)) from error
    return claims


def _decode(provider: Provider, token: str) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import BadSignatureError, InvalidKeyIdError

    try:
        return dict(jwt.decode(token, provider.keys(), algorithms=list(ALGORITHMS)).claims)
    except (BadSignatureError, InvalidKeyIdError, ValueError):  # the provider may have exchanged its keys
        return dict(jwt.decode(token, provider.keys(anew=True), algorithms=list(ALGORITHMS)).claims)


def _reason(error: Exception) -> str:
    claim = getattr(error, "claim", None) or getattr(error, "claim_name", None)
    return _word(str(claim or getattr(error, "error", "") or type(error).__name__))


def _word(text: str) -> str:
    """A word of a protocol and nothing else, so that nobody's text is shown as ours."""
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c in "_-"))[:60]


def _client(settings: Settings) -> Any:
    """A client of the provider: no redirects, no proxy of the environment, an end to waiting."""
    from authlib.integrations.httpx_client import OAuth2Client

    return OAuth2Client(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret or None,
        token_endpoint_auth_method="client_secret_basic" if settings.oidc_client_secret else "none",
        scope=SCOPE,
        code_challenge_method="S256",
        timeout=SECONDS,
        trust_env=False,
        follow_redirects=False,
    )


def _get_json(url: str) -> dict[str, Any]:
    from httpx2 import Client, HTTPError

    _secure(url)
    try:
        with Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
            answer = client.get(url, headers={"Accept": "application/json"})
            found = answer.json() if answer.status_code == 200 and len(answer.content) <= MOST_BYTES else None
    except (HTTPError, ValueError) as error:
        raise ConflictError("oidc_unreachable", what=type(error).__name__) from error
    if not isinstance(found, dict):
        raise ConflictError("oidc_unreachable", what=str(answer.status_code))
    return found


def _secure(url: str) -> None:
    """``InvalidInputError`` (``oidc_insecure``) for an address that is neither https nor of this machine.

    >>> _secure("https://id.example.org/keys"); _secure("http://127.0.0.1:9400/jwks")
    >>> _secure("http://id.example.org")
    Traceback (most recent call last):
        ...
    risk.domain.errors.InvalidInputError: addresses of single sign-on must be https: http://id.example.org
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")):
        raise InvalidInputError("oidc_insecure", url=url[:200])


def _back(settings: Settings) -> str:
    return f"{settings.public_url}{CALLBACK}"


def _require_installed() -> None:
    from importlib.util import find_spec

    if find_spec("authlib") is None or find_spec("joserfc") is None:
        raise ConflictError("oidc_not_installed")
