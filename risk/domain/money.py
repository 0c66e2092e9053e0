"""Money of the register: yuan with two decimals as people write it, fen (1/100 yuan) as it is counted and stored. Never a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

LARGEST_FEN = 10**15
"""Ten million million yuan: above it, somebody slipped."""


def fen_of(yuan: str | int | Decimal) -> int:
    """Fen of an amount in yuan; ``ValueError`` for anything else: a sign, more than two decimals, a float.

    >>> fen_of("1234.5"), fen_of("0"), fen_of("20,000.00")
    (123450, 0, 2000000)
    >>> fen_of("0.005")
    Traceback (most recent call last):
        ...
    ValueError: not an amount in yuan: '0.005'
    """
    text = str(yuan).replace(",", "").strip()
    problem = ValueError(f"not an amount in yuan: {str(yuan)[:40]!r}")
    if isinstance(yuan, float | bool) or not text.isascii() or not text.replace(".", "", 1).isdigit():
        raise problem
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        raise problem from None
    if fen != fen.to_integral_value() or fen > LARGEST_FEN:
        raise problem
    return int(fen)


def yuan_of(fen: int) -> str:
    """Fen as people write it.

    >>> yuan_of(123450), yuan_of(5)
    ('1234.50', '0.05')
    """
    return f"{fen // 100}.{fen % 100:02d}"
