"""The laws tried on a stored version, in a process of its own: ``python -m risk.scoring.approval_check FOLDER CHECKSUM RESULT SECONDS``.

Whatever the code of an outside model does (hang, crash, print, end the process), the service goes on and the version is not approved. It is no sandbox:
that the code does nothing but judge is for the person to read who approves it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TEXTS = (
    "三个疗程根治，签约包好，无效退款，加微信详聊",
    "年化收益15%，保本保息，名额有限，今晚截止",
    "处方药免处方直发，货到付款",
    "本店今日营业，欢迎光临",
    "市监局提醒：谨防以“内部项目”为名的骗局",
    "办卡充三千送三千，次日门店搬空，老板失联",
)
"""Made-up texts that every model is tried on."""


def broken(folder: Path, expected: str) -> list[str]:
    """The laws that the bundle breaks, as ``law: what is wrong``; files that are not as recorded raise `BundleError`."""
    from models import bundle, outside

    manifest = bundle.verify(folder, expected)
    if manifest["kind"] == outside.KIND:
        return _outside(folder, expected)
    return _firm(folder, expected, manifest) if manifest["kind"] == "firm" else _text(folder, expected, manifest)


def _outside(folder: Path, expected: str) -> list[str]:
    from models import outside
    from models.registry import load_outside

    try:
        model = load_outside(folder, expected)
    except outside.OutsideError as error:
        return [f"loads: {error}"]
    frame = _read([*outside.sample_of(folder)[:60], *TEXTS, *outside.ODD_TEXTS])[1].frame
    return outside.failures(model, frame, lambda one, rows: one.take(rows), lambda: load_outside(folder, expected))


def _text(folder: Path, expected: str, manifest: dict[str, Any]) -> list[str]:
    from dataclasses import replace

    from models import bundle, laws, outside

    loaded = bundle.load(folder, expected)
    scorer, reading = _read([*TEXTS, *outside.ODD_TEXTS])
    key = f"{loaded.name}.{loaded.lens}" if loaded.lens else loaded.name
    return laws.failures(
        laws.Case(
            loaded.model,
            reading.frame,
            scorer.rules(reading, key, None)[1],
            lambda frame, rows: frame.take(rows),
            lambda frame: frame.columns,
            lambda frame, columns: replace(frame, given=columns),
            scorer.weights(key),
            reload=lambda _: bundle.load(folder, expected).model,
            calibration_error=_ece(manifest),
        )
    )


def _firm(folder: Path, expected: str, manifest: dict[str, Any]) -> list[str]:
    """Over a table of seeded numbers in the model's own columns, a third of them missing."""
    import numpy as np
    import pandas as pd

    from models import bundle, laws

    rng = np.random.default_rng(0)
    numbers = rng.gamma(1.0, 3.0, (40, len(manifest["features"])))
    numbers[rng.random(numbers.shape) < 1 / 3] = np.nan
    table = pd.DataFrame(numbers, columns=manifest["features"])
    rules = pd.DataFrame(0.0, index=table.index, columns=[f"rule:{name}" for name in manifest["rules"]])
    return laws.failures(
        laws.Case(
            bundle.load(folder, expected).model,
            table,
            rules,
            lambda frame, rows: frame.iloc[list(rows)],
            lambda frame: frame,
            lambda _, columns: columns,
            reload=lambda _: bundle.load(folder, expected).model,
            calibration_error=_ece(manifest),
        )
    )


def _read(texts: Sequence[str]) -> Any:
    from risk.scoring.scorer import Scorer

    scorer = Scorer()
    return scorer, scorer.read(list(texts))


def _ece(manifest: dict[str, Any]) -> float | None:
    told = manifest["training"].get("out_of_fold", {}).get("metrics", {}).get("ece")
    return float(told["value"]) if told else None


def main(arguments: Sequence[str]) -> None:
    """Write ``{"broken": [...]}`` to the result file; ending without it means that the version failed."""
    folder, expected, result, seconds = arguments
    _limit(int(float(seconds)) + 1)
    found = broken(Path(folder), expected)
    Path(result).write_text(json.dumps({"broken": found}, ensure_ascii=False), encoding="utf-8")


def _limit(seconds: int) -> None:
    """No more processor time than that, and no memory dumps."""
    try:
        import resource
    except ImportError:  # not on this system: the parent's clock still holds
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds * 4, seconds * 4))  # several cores count together
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1:])
