"""The preview card of a form: what WhatsApp and others show beside its link.

1200 x 630 pixels, the size that messengers crop least. Drawn by Typst like the documents, so it
needs nothing of another site.
"""

from __future__ import annotations

from functools import lru_cache

from tuntas.report.pdf import typeset

WIDTH, HEIGHT = 1200, 630
# The page of the template is measured in points; at this density a point is a pixel.
PIXELS_PER_INCH = 72.0


@lru_cache(maxsize=64)  # 64 cards of about 40 KB; drawing one takes some 20 ms
def draw(*, office: str, service: str, title: str, line: str) -> bytes:
    """The card as PNG. The same words give the same bytes. Raises MissingFont."""
    words = {"office": office, "service": service, "title": title, "line": line}
    return typeset("card", words, format="png", ppi=PIXELS_PER_INCH)
