"""Operations that are put together when they are first asked for: what FastAPI works out of a signature takes some milliseconds, and there are hundreds of them.

Until then an operation knows its path, its methods and what was declared of it, which is all that finding it takes. Whoever asks for more (a request that means it, the
description, the access matrix) finds an ordinary ``APIRoute``. Not ok: a router of FastAPI's own under `api.routes`; it works everything out at import, and again below a
prefix.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Match, compile_path, get_name
from starlette.types import Scope

_PLACE = frozenset({"path_regex", "path_format", "param_convertors"})
_making = threading.RLock()  # one at a time: requests and the warming thread meet here


class Operation(APIRoute):
    """A route as ``APIRoute`` takes it, worked out at first need. What is wrong with it is told then: the tests ask for all."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        self.path, self.endpoint = path, endpoint
        self.name = declared.get("name") or get_name(endpoint)
        self.methods = {method.upper() for method in declared.get("methods") or ("GET",)}
        self._declared = declared
        self._head = path.partition("{")[0]

    def under(self, prefix: str, responses: Mapping[int | str, dict[str, Any]]) -> Operation:
        """The same operation at a longer path, with answers that all operations there can give."""
        answers = {**responses, **(self._declared.get("responses") or {})}
        return Operation(prefix + self.path, self.endpoint, **{**self._declared, "responses": answers})

    @property
    def made(self) -> bool:
        """Whether it has been put together."""
        return "app" in self.__dict__

    def make(self) -> None:
        """Put it together, where nobody has yet."""
        with _making:
            if self.made or self.__dict__.get("_being_made"):
                return
            self._being_made = True
            try:
                super().__init__(self.path, self.endpoint, **self._declared)
            finally:
                self._being_made = False

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As ever; what begins otherwise is told apart before any expression is tried."""
        if not scope.get("root_path") and not scope["path"].startswith(self._head):
            return Match.NONE, {}
        return super().matches(scope)

    def __getattr__(self, name: str) -> Any:
        """What is not known yet."""
        if name in _PLACE:
            self.path_regex, self.path_format, self.param_convertors = compile_path(self.path)
        elif not name.startswith("_") or name == "_embed_body_fields":
            self.make()
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"an operation has no {name}") from None


class Router(APIRouter):
    """One noun's operations: ``router = Router(prefix="/tasks", tags=["tasks"])``, then as ever."""

    def __init__(self, prefix: str = "", tags: list[str | Enum] | None = None, *, include_in_schema: bool = True) -> None:
        super().__init__(prefix=prefix, tags=tags, include_in_schema=include_in_schema, route_class=Operation)

    def under(self, prefix: str, responses: Mapping[int | str, dict[str, Any]]) -> Iterator[Operation]:
        """Its operations, in order, at a longer path."""
        for route in self.routes:
            assert isinstance(route, Operation)
            yield route.under(prefix, responses)
