"""Copies of pictures without what the camera wrote beside them: place, time, device, owner. Pure.

Why a copy: a photograph of a phone says where its maker stood, which is personal data. The bytes that were handed in are evidence and stay
as they are, with their hash; what is shown to most people is the picture alone. The picture itself is not decoded: parts are left out, so nothing is lost or
repainted. Formats that cannot be cleaned this way are shown only to those who may read personal data.
"""

from __future__ import annotations

import struct

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_DROPPED = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})


class UncleanableError(ValueError):
    """The content is not built as its type says, so nothing can be left out of it safely."""


def cleaned(how: str, content: bytes) -> bytes:
    """The content without location and camera data; ``UncleanableError`` where that cannot be done.

    >>> cleaned("none", b"%PDF-1.7")
    b'%PDF-1.7'
    """
    if how == "none":
        return content
    ways = {"jpeg": _jpeg, "png": _png, "webp": _webp}
    if how not in ways:
        raise UncleanableError(how)
    return ways[how](content)


def _jpeg(content: bytes) -> bytes:
    """Without the application segments 1 to 15 except the colour profile (ITU-T T.81 Annex B; Exif and XMP are in APP1, IPTC in APP13) and comments.

    What follows the end of the picture is left out too: phones append pictures, video and maker notes there.
    """
    if content[:2] != b"\xff\xd8":
        raise UncleanableError("jpeg")
    out, at = [content[:2]], 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise UncleanableError("jpeg")
        marker = content[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        (size,) = struct.unpack_from(">H", content, at + 2)
        if size < 2 or at + 2 + size > len(content):
            raise UncleanableError("jpeg")
        segment = content[at : at + 2 + size]
        if marker == 0xDA:  # the picture begins
            return b"".join([*out, content[at : _jpeg_end(content, at + 2 + size)]])
        profile = marker == 0xE2 and segment[4:16] == b"ICC_PROFILE\0"
        adobe = marker == 0xEE and segment[4:9] == b"Adobe"  # says how colours are coded
        if not (0xE1 <= marker <= 0xEF or marker == 0xFE) or profile or adobe:
            out.append(segment)
        at += 2 + size
    raise UncleanableError("jpeg")


def _jpeg_end(content: bytes, at: int) -> int:
    """Where the picture ends: after the end marker that follows the scans. In scan data 0xFF is followed by 0x00 or a restart marker."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise UncleanableError("jpeg")
        marker = content[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD7:
            at += 1 if marker == 0xFF else 2
            continue
        if 0xE1 <= marker <= 0xEF or marker == 0xFE or at + 4 > len(content):  # metadata between scans: not how pictures are made
            raise UncleanableError("jpeg")
        at += 2 + int(struct.unpack_from(">H", content, at + 2)[0])


def _png(content: bytes) -> bytes:
    """Without the chunks for Exif, text and time (PNG, third edition, §11.3), and without what follows IEND."""
    if content[:8] != _PNG_HEAD:
        raise UncleanableError("png")
    out, at = [_PNG_HEAD], 8
    while at + 12 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        kind, end = content[at + 4 : at + 8], at + 12 + size
        if end > len(content):
            break
        if kind not in _PNG_DROPPED:
            out.append(content[at:end])
        if kind == b"IEND":
            return b"".join(out)
        at = end
    raise UncleanableError("png")


def _webp(content: bytes) -> bytes:
    """Without the chunks EXIF and XMP (RFC 9649 §2.7), whose flags in VP8X are put out."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise UncleanableError("webp")
    (whole,) = struct.unpack_from("<I", content, 4)
    end_of_all = 8 + whole
    if end_of_all > len(content):
        raise UncleanableError("webp")
    out, at = [], 12
    while at + 8 <= end_of_all:
        kind = content[at : at + 4]
        (size,) = struct.unpack_from("<I", content, at + 4)
        end = at + 8 + size + size % 2
        if at + 8 + size > end_of_all:
            raise UncleanableError("webp")
        chunk = bytearray(content[at:end])
        if kind == b"VP8X" and size >= 1:
            chunk[8] &= ~0x0C & 0xFF  # flags E and X
        if kind not in _WEBP_DROPPED:
            out.append(bytes(chunk))
        at = end
    body = b"".join(out)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
