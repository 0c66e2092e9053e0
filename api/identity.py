"""Who a request comes from: a session's cookie or a key. While no account exists there is nobody to be, and this machine acts by the names it gives."""

from __future__ import annotations

from starlette.requests import Request

from risk.domain.authority import Principal
from risk.domain.errors import NotSignedInError
from risk.services import accounts, api_keys, sessions, sharing
from risk.services.desk import Desk
from risk.services.oidc import Provider
from risk.services.secrets_key import SecretBox
from risk.services.secrets_passwords import Passwords
from risk.settings import Settings

COOKIE = "risk_session"
_BEARER = "bearer "


class Identity:
    """What one process needs to tell who asks."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self.settings = settings
        self.box = SecretBox(settings)
        self.passwords = Passwords(settings)
        self.provider = Provider(settings)
        self._desk = desk
        self._exist = False

    def accounts_exist(self) -> bool:
        """Whether anybody must sign in. Accounts are never deleted, so once there is one the answer is kept."""
        if not self._exist:
            self._exist = self._desk.read(accounts.exist)
        return self._exist

    def principal(self, request: Request) -> Principal | None:
        """Whoever asks; ``None`` while no account exists; ``NotSignedInError`` (``not_signed_in``) without a session or key in force."""
        key, cookie = bearer(request), request.cookies.get(COOKIE)
        if key is None and cookie is None and not self.accounts_exist():
            return None
        now = self._desk.clock()
        token = cookie if key is None else key
        resolve, touch = (sessions.resolve, sessions.touch) if key is None else (api_keys.resolve, sharing.touch_key)
        found = self._desk.read(resolve, token, now) if token and len(token) <= 200 else None
        if found is None:
            if not self.accounts_exist():
                return None
            raise NotSignedInError("not_signed_in")
        if found.touch:
            self._desk.act(touch, found.id, now)
        return found.principal


def bearer(request: Request) -> str | None:
    """The key of ``Authorization: Bearer rk_…``; ``None`` where the header is not there."""
    header = request.headers.get("authorization", "")
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else None
