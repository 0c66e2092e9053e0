"""Risk early warning: the domain, the use cases, the command line. See ``risk/README.md``."""

import os

# Telemetry is switched off before anything can import MLflow (MLflow 3 phones home by default; `DO_NOT_TRACK=1` does not stop it).
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# Only native boosters and models-from-code are loaded; pickles and skops archives are refused.
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")

__version__ = "0.1.0"
