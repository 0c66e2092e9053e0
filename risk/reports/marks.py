"""What a printed report carries besides its text: where it stands, its document number, who signed it, to whom it goes. Given, never made up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """Parts of GB/T 9704-2012 where they are given. ``stamp``: a word across the page of what is no final document (草稿, 已撤回); ``checksum``: of the numbers."""

    stamp: str = ""
    number: str = ""
    signer: str = ""
    date: str = ""
    letterhead: str = ""
    issuer: str = ""
    printer: str = ""
    copy_number: str = ""
    secrecy: str = ""
    urgency: str = ""
    addressees: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    annexes: tuple[str, ...] = ()
    checksum: str = ""
