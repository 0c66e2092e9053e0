"""A sixth risk, brought by a data scientist: suspected vanishing with prepayments (预付卡跑路). Plain MLflow, nothing of ours: a pyfunc as models-from-code.

The weights lie in ``prepaid_default.json`` beside it (they are of this example's own making, not learnt from anybody's data). Not for import: it declares a
model when it runs, and it runs only after somebody else approved it.
"""

import json
import math
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd


class PrepaidDefault(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]
    """Weighted words and one feature of ours: how many contacts a text gives. Its reasons are left to the platform, which measures them."""

    def load_context(self, context: Any) -> None:
        told = json.loads(Path(context.artifacts["weights"]).read_text(encoding="utf-8"))
        self.words, self.bias, self.contact = told["words"], float(told["bias"]), float(told["contact"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ARG002
        contacts = model_input["contact_count"].fillna(0.0)
        raw = [
            self.bias + self.contact * float(n) + sum(weight for word, weight in self.words.items() if word in text)
            for text, n in zip(model_input["text"], contacts, strict=True)
        ]
        return pd.DataFrame({"probability": [1.0 / (1.0 + math.exp(-z)) for z in raw]})


mlflow.models.set_model(PrepaidDefault())
