"""A receiver as a partner writes one: a process of its own, the stock library ``standardwebhooks``, nothing of ours. Prints its port, then what it verified.

``python push_receiver.py SECRET``; a message that does not verify is answered with 401 and printed as ``null``.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError


class Handler(BaseHTTPRequestHandler):
    """Verifies, answers, prints."""

    def do_POST(self) -> None:
        """One webhook."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            told = Webhook(sys.argv[1]).verify(body, dict(self.headers))
        except WebhookVerificationError:
            told = None
        print(json.dumps(told), flush=True)
        self.send_response(401 if told is None else 204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
