"""What Schemathesis must be told of our interface: how lines of JSON and plain tables go over the wire. Loaded by ``SCHEMATHESIS_HOOKS`` (`experiments.fuzz_api`)."""

from __future__ import annotations

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "text/csv", "application/octet-stream")
def as_it_is(ctx: schemathesis.SerializationContext, value: Any) -> bytes:  # noqa: ARG001 - the library's signature
    """Texts and bytes as they are, anything else as JSON: what a client that gets it wrong would send."""
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace")
