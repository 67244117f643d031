"""What stands in an address or a form is text that anybody may have typed."""

from __future__ import annotations


def whole(text: str | None) -> int | None:
    """The whole number written with ASCII digits, or None; at most 18 of them, so that both engines
    can look for it. `"²".isdigit()` is true, but `int("²")` is not a number."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def words(text: str | None) -> str:
    """Words to look for, without blanks round them and without NUL, which PostgreSQL takes in no text."""
    return (text or "").replace("\0", "").strip()
