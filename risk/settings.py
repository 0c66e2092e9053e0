"""Settings from the environment, read once at the edge and passed on as one frozen value.

``RISK_HOME``      folder for the database, models, reports (default ``./var``)
``RISK_DATABASE``  SQLAlchemy URL (default SQLite in ``RISK_HOME``; ``postgresql+psycopg://…`` to serve a province)
``RISK_LANG``      ``zh`` (default) or ``en``: the language of what the command line prints
``RISK_MLFLOW_URI``  an MLflow tracking server or another database for the records of models (default a SQLite file in ``RISK_HOME``; read by ``models.registry``)
``RISK_HOST``, ``RISK_PORT``  where ``risk serve`` listens; until accounts exist only loopback addresses are accepted
``RISK_HOSTS``  host names, by commas, under which the service is reached from elsewhere (with accounts)
``RISK_TRUSTED_PROXIES``  addresses or networks, by commas, whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed; nobody's by default
``RISK_SECRET_KEY``  the key of stored secrets (default a file of mode 600 in ``RISK_HOME``; ``risk.services.secrets_key``)
``RISK_ARGON2``  passes, KiB, lanes of password digests (default in ``risk/domain/data/identity.toml``)
``RISK_OIDC_ISSUER``, ``RISK_OIDC_CLIENT_ID``, ``RISK_OIDC_CLIENT_SECRET``  a provider of single sign-on (``risk.services.oidc``)
``RISK_OIDC_CLAIM``  a claim whose value is the account's name, where accounts are not linked one by one
``RISK_PUBLIC_URL``  how browsers reach the service, for the way back from the provider and for links in messages: ``https://risk.example.org``
``RISK_PUSH_ALLOW``  what may be pushed to, by commas: ``https://hooks.example.cn, https://10.2.0.0/16:8443`` (``risk.services.http_guard``)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are kept and how people are spoken to."""

    home: Path
    database_url: str
    lang: str = "zh"
    host: str = "127.0.0.1"
    port: int = 8000
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    secret_key: str = field(default="", repr=False)
    argon2: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_claim: str = ""
    public_url: str = ""
    push_allow: str = ""

    @property
    def registry_dir(self) -> Path:
        """The folder of the MLflow registry file and its artifacts."""
        return self.home / "models"

    @property
    def reports_dir(self) -> Path:
        """The folder that reports are written to."""
        return self.home / "reports"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process.

        >>> Settings.from_environment({"RISK_HOME": "/tmp/x"}).database_url
        'sqlite:////tmp/x/risk.db'
        """
        env = os.environ if environ is None else environ
        home = Path(env.get("RISK_HOME", "var")).absolute()
        lang = env.get("RISK_LANG", "zh").lower()[:2]
        return cls(
            home=home,
            database_url=env.get("RISK_DATABASE", f"sqlite:///{home / 'risk.db'}"),
            lang=lang if lang in ("zh", "en") else "zh",
            host=env.get("RISK_HOST", "127.0.0.1"),
            port=int(env.get("RISK_PORT", "8000")),
            hosts=tuple(name.lower() for name in _several(env.get("RISK_HOSTS", ""))),
            trusted_proxies=_several(env.get("RISK_TRUSTED_PROXIES", "")),
            secret_key=env.get("RISK_SECRET_KEY", ""),
            argon2=env.get("RISK_ARGON2", ""),
            oidc_issuer=env.get("RISK_OIDC_ISSUER", ""),
            oidc_client_id=env.get("RISK_OIDC_CLIENT_ID", ""),
            oidc_client_secret=env.get("RISK_OIDC_CLIENT_SECRET", ""),
            oidc_claim=env.get("RISK_OIDC_CLAIM", ""),
            public_url=env.get("RISK_PUBLIC_URL", "").rstrip("/"),
            push_allow=env.get("RISK_PUSH_ALLOW", ""),
        )


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
