"""How the elements hang together: the matrix of their correlations, and what it says in words."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import gettext as _

from tuntas.law.elements import element
from tuntas.law.ranks import MEDIUM, STRONG, WEAK, strength
from tuntas.models.analyses import Analysis
from tuntas.report import numbers
from tuntas.report.tables import Table


def correlation_table(found: Analysis) -> Table:
    """Spearman's ρ of each two elements with its word, below the diagonal."""
    codes, known = found.elements, found.correlations()
    rows = []
    for place, code in enumerate(codes):
        cells = [correlation_cell(*known[other, code]) for other in codes[:place]]
        blank = [""] * (len(codes) - place - 1)
        rows.append((f"U{place + 1} {element(code).name}", *cells, "1", *blank))
    return Table(
        "correlation",
        _("Korelasi antarunsur"),
        (_("Unsur"), *[f"U{place}" for place in range(1, len(codes) + 1)]),
        tuple(rows),
        _("Koefisien peringkat Spearman, −1 sampai 1."),
    )


def correlation_cell(rho: Fraction | None, pairs: int) -> str:
    if rho is None:
        return "–"
    word = strength_word(rho, pairs)
    shown = numbers.number(abs(rho))
    signed = f"−{shown}" if rho < 0 else shown
    return f"{signed} {word}" if word else signed


def strength_word(rho: Fraction | None, pairs: int) -> str:
    words = {STRONG: _("kuat"), MEDIUM: _("sedang"), WEAK: _("lemah")}
    return words.get(strength(rho, pairs), "")


def correlation_words(found: Analysis) -> tuple[str, ...]:
    """What the matrix says and what it does not, for people who never read one."""
    known = found.correlations()
    judged = [
        (rho, pair) for pair, (rho, pairs) in known.items() if rho and strength_word(rho, pairs)
    ]
    lines = []
    if judged:
        rho, (one, other) = max(judged, key=lambda row: (abs(row[0]), row[1]))
        lines.append(
            _("Paling erat: %(one)s dan %(other)s (%(rho)s).")
            % {
                "one": element(one).name,
                "other": element(other).name,
                "rho": numbers.number(rho),
            }
        )
    elif known:
        lines.append(_("Kurang dari 30 pasangan jawaban: belum diberi kata kuat atau lemah."))
    lines.append(
        _(
            "Korelasi hanya mengatakan bahwa orang yang menilai satu unsur lebih tinggi cenderung "
            "menilai unsur lain lebih tinggi juga. Korelasi tidak mengatakan sebab: memperbaiki unsur "
            "yang satu belum tentu menaikkan yang lain, dan orang yang puas sering menilai semuanya "
            "tinggi."
        )
    )
    return tuple(lines)
