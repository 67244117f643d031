"""Codes: how a secret is written down, read back however it was typed, and derived under our key."""

from __future__ import annotations

import hmac
import re

from django.conf import settings

# No 0/O, 1/I/L or U: codes are read aloud and copied by hand. 30 signs, 4.9 bits each.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def keyed(text: str) -> bytes:
    """32 bytes that nobody without the server's key can make of this text."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"tuntas:{text}".encode(), "sha256")


def in_signs(digest: bytes, n: int) -> str:
    """The digest as `n` signs of the alphabet."""
    number, signs = int.from_bytes(digest, "big"), []
    for _place in range(n):
        number, rest = divmod(number, len(CODE_ALPHABET))
        signs.append(CODE_ALPHABET[rest])
    return "".join(signs)


def plain(code: str) -> str:
    """A code as it is stored: capitals without separators. No code is longer than 40 signs."""
    return re.sub(r"[\s-]", "", code).upper()[:40]
