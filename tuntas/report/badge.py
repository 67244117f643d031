"""The badge of an index for other web sites: one small SVG that says it in a line of words."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from tuntas.models.results import MonthResult
from tuntas.report import numbers

HEIGHT, PAD, SIZE = 28, 10, 13
# Advance widths of Arial and its kin, in thousandths of the size; other fonts are fitted to them.
WIDTHS = {
    **dict.fromkeys("ijl'|", 222),
    **dict.fromkeys(" .,:;/!ftI", 278),
    **dict.fromkeys("()r-–", 333),
    **dict.fromkeys("cksvxyzJ", 500),
    **dict.fromkeys("wCDHNRU", 722),
    **dict.fromkeys("mM", 833),
    **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("GOQ", 778),
}
OTHER_WIDTH = 556
LABEL = "IKM"
STYLE = (
    "text{font:13px Arial,'Liberation Sans',Helvetica,sans-serif}"
    ".l{fill:#0b5c63}.m{fill:#fff;font-weight:700}.r{fill:#fff;stroke:#0b5c63}.v{fill:#1b2730}"
    "@media(prefers-color-scheme:dark){"
    ".l{fill:#6fd0d3}.m{fill:#06282b}.r{fill:#182127;stroke:#6fd0d3}.v{fill:#ecf1f2}}"
)
# The picture is a document of its own: its policy lets in this very style and nothing else.
STYLE_SHA256 = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_SHA256}'; sandbox"


def badge_words(result: MonthResult | None) -> str:
    """`Oktober 2026: 84,89 (B), 96 jawaban` of a closed month; `belum ada nilai` before one."""
    if result is None:
        return "belum ada nilai"
    month = numbers.month(result.month)
    if result.converted is None or result.grade is None:
        return f"{month}: tidak ada jawaban"
    value = f"{month}: {numbers.number(result.converted)} ({result.grade.letter})"
    if result.result is None:
        return f"{value}, nilai terbitan lama"
    indicative = ", indikatif" if "indicative" in result.result.flags else ""
    return f"{value}, {numbers.number(result.n, 0)} jawaban{indicative}"


def badge(name: str, result: MonthResult | None) -> str:
    """The picture; `name` is whose index it is, told to those who cannot see it."""
    words = badge_words(result)
    left, right = width(LABEL) + 2 * PAD, width(words) + 2 * PAD
    whole = left + right
    title = escape(f"{LABEL} {words}")
    told = escape(f"Indeks Kepuasan Masyarakat {name}. {words[:1].upper()}{words[1:]}.")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}"'
        f' viewBox="0 0 {whole} {HEIGHT}" role="img" aria-labelledby="t d" lang="id">'
        f'<title id="t">{title}</title><desc id="d">{told}</desc><style>{STYLE}</style>'
        f'<rect class="r" x=".5" y=".5" width="{whole - 1}" height="{HEIGHT - 1}" rx="5"/>'
        f'<path class="l" d="M5 0H{left}V{HEIGHT}H5a5 5 0 0 1-5-5V5a5 5 0 0 1 5-5z"/>'
        f"{text(LABEL, 'm', PAD)}{text(words, 'v', left + PAD)}</svg>"
    )


def text(words: str, name: str, at: int) -> str:
    """Words set to the width that was counted for them, whatever font the reader has."""
    return (
        f'<text class="{name}" x="{at}" y="18.5" textLength="{width(words)}"'
        f' lengthAdjust="spacingAndGlyphs">{escape(words)}</text>'
    )


def width(words: str) -> int:
    """Width of the words in pixels."""
    return round(sum(WIDTHS.get(sign, OTHER_WIDTH) for sign in words) * SIZE / 1000)
