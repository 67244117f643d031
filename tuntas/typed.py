"""What stands in an address or a form is text that anybody may have typed."""

from __future__ import annotations


def whole(text: str | None) -> int | None:
    """The whole number written with ASCII digits, or None; at most 18 of them, so that both engines
    can look for it. `"²".isdigit()` is true, but `int("²")` is not a number."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
