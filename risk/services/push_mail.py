"""One message as an e-mail, plain text and HTML, through the guarded door. STARTTLS and TLS check the server's name; a password never goes in the open."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Any

from risk.domain.messages import say
from risk.domain.push import Answer
from risk.domain.push_messages import Line, Message
from risk.services.http_guard import Guard, Place, UnreachableError


def letter_of(message: Message, number: str, options: Mapping[str, Any], now: datetime) -> EmailMessage:
    """The e-mail; its Message-ID is the message's own number, the same at every try."""
    letter = EmailMessage()
    letter["Subject"] = message.title
    letter["From"] = options["sender"]
    letter["To"] = ", ".join(options["recipients"])
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = f"<{number}@{_domain(options)}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers
    letter.set_content(text_of(message))
    letter.add_alternative(html_of(message), subtype="html")
    letter["Content-Language"] = "zh-CN" if message.lang == "zh" else "en"  # of the whole, so after its parts
    return letter


def text_of(message: Message) -> str:
    """The plain text."""
    lines = [f"- {line.text}" + (f"\n  {line.link}" if line.link else "") for line in message.lines]
    return "\n".join([message.title, "", *lines, *((message.rest,) if message.rest else ()), "", message.note, ""])


def html_of(message: Message) -> str:
    """The same as HTML."""
    items = "\n".join(f"<li>{_linked(line, message.lang)}</li>" for line in message.lines)
    rest = f"<p>{escape(message.rest)}</p>\n" if message.rest else ""
    lang = "zh-CN" if message.lang == "zh" else "en"
    head = f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><title>{escape(message.title)}</title></head>\n'
    return f"{head}<body>\n<h3>{escape(message.title)}</h3>\n<ul>\n{items}\n</ul>\n{rest}<p>{escape(message.note)}</p>\n</body></html>\n"


def send(guard: Guard, address: str, letter: EmailMessage, options: Mapping[str, Any], password: str) -> Answer:
    """Hand the letter to the mail server. :class:`UnreachableError` where it cannot be talked to."""
    place = guard.check(address, ("smtp", "smtp+starttls", "smtps"))
    try:
        with guard.connected(place, tls=place.scheme == "smtps") as sock:
            return _converse(guard, place, sock, letter, options, password)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return Answer(ok=False, status=codes[0], error="push_mail_refused", lasting=min(codes) >= 500)
    except smtplib.SMTPResponseException as error:
        return Answer(ok=False, status=error.smtp_code, error="push_mail_refused", lasting=error.smtp_code >= 500)
    except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
        raise UnreachableError("push_tls_failed") from error
    except TimeoutError as error:
        raise UnreachableError("push_too_slow") from error
    except (OSError, ValueError) as error:  # smtplib's other errors are OSErrors
        raise UnreachableError("push_answer_broken") from error


def _converse(guard: Guard, place: Place, sock: socket.socket, letter: EmailMessage, options: Mapping[str, Any], password: str) -> Answer:
    server = _Connected(sock, place, _domain(options), guard.limits.total)
    if place.scheme == "smtp+starttls":
        server.starttls(context=guard.context())
    if options.get("user") and place.scheme != "smtp":
        server.login(options["user"], password)
    refused = server.send_message(letter, options["sender"], list(options["recipients"]))
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):  # the letter is taken; how the other side says goodbye does not matter
        server.close()
    if refused:
        return Answer(ok=True, status=next(iter(refused.values()))[0], error="push_mail_partly")
    return Answer(ok=True, status=250)


class _Connected(smtplib.SMTP):
    """smtplib on a connection that exists: it resolves and connects nothing itself."""

    def __init__(self, sock: socket.socket, place: Place, domain: str, timeout: float) -> None:
        self._given = sock
        super().__init__(place.host, place.port, local_hostname=domain, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - smtplib's own hook, as SMTP_SSL uses it
        return self._given


def _domain(options: Mapping[str, Any]) -> str:
    return str(options["sender"]).rpartition("@")[2]


def _linked(line: Line, lang: str) -> str:
    link = f' <a href="{escape(line.link, quote=True)}">{escape(say("push_open", lang))}</a>' if line.link else ""
    return escape(line.text) + link
