"""Settings from the environment, read once at the edge and passed on as one frozen value.

``RISK_HOME``      folder for the database, models, reports (default ``./var``)
``RISK_DATABASE``  SQLAlchemy URL (default SQLite in ``RISK_HOME``; ``postgresql+psycopg://…`` to serve a province)
``RISK_LANG``      ``zh`` (default) or ``en``: the language of what the command line prints
``RISK_MLFLOW_URI``  an MLflow tracking server or another database for the records of models (default a SQLite file in ``RISK_HOME``; read by ``models.registry``)
``RISK_HOST``, ``RISK_PORT``  where ``risk serve`` listens; until accounts exist only loopback addresses are accepted
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are kept and how people are spoken to."""

    home: Path
    database_url: str
    lang: str = "zh"
    host: str = "127.0.0.1"
    port: int = 8000

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
        )
