"""What stands beside every index, the same on every page and in every document.

How many answered, how sure the number is, whether that was enough, how many answers carry a sign of
doubt and what they change, and through which channels they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from tuntas.law.index import INDICATIVE_BELOW, IndexResult
from tuntas.law.sampling import sample_size
from tuntas.models.breakdowns import BY_CHANNEL, Breakdown, Group
from tuntas.models.responses import Channel
from tuntas.report import numbers


@dataclass(frozen=True)
class IndexFacts:
    """Everything already in words; empty texts where there is nothing to say.

    `interval` is the one without correction, `population` says whether the finite population
    correction was applied and what it gives, `signs` compares with and without signed answers,
    `channels` are (name, share, index and difference in words).
    """

    n: int
    interval: str
    is_indicative: bool
    population: str
    adequacy: str
    signs: str
    channels: tuple[tuple[str, str, str], ...]
    channel_note: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The sentences one after the other, for documents and the command line."""
        first = [_("%(n)s jawaban") % {"n": numbers.number(self.n, 0)}]
        if self.interval:
            first.append(_("selang 95%% %(ends)s") % {"ends": self.interval})
        if self.is_indicative:
            first.append(_("indikatif"))
        channels = "; ".join(
            f"{name} {share}" + (f" ({words})" if words else "")
            for name, share, words in self.channels
        )
        rest = [self.population, self.adequacy, self.signs]
        if channels:
            rest.append(_("Kanal: %(channels)s.") % {"channels": channels})
        return (", ".join(first) + ".", *[line for line in rest if line])


def index_facts(found: Breakdown) -> IndexFacts:
    """The facts beside the index of a breakdown."""
    result = found.result
    return IndexFacts(
        n=found.n,
        interval=interval(result),
        is_indicative=found.n < INDICATIVE_BELOW,
        population=population_words(found),
        adequacy=adequacy_words(found),
        signs=sign_words(found),
        channels=channel_rows(found),
        channel_note=group_note(found),
    )


def interval(result: IndexResult | None) -> str:
    if result is None or result.interval95 is None:
        return ""
    low, high = result.interval95
    return f"{numbers.number(low)}–{numbers.number(high)}"


def population_words(found: Breakdown) -> str:
    if found.result is None:
        return ""
    finite = found.finite_result
    if finite is not None:
        return _(
            "Dengan koreksi populasi terhingga (N = %(size)s orang dalam setahun): %(ends)s."
        ) % {"size": numbers.number(found.population, 0), "ends": interval(finite)}
    if found.population is not None:
        return _(
            "Koreksi populasi tidak dipakai: jawaban lebih banyak daripada populasi yang diisi."
        )
    return _("Koreksi populasi tidak dipakai: jumlah penerima layanan belum diisi semua.")


def adequacy_words(found: Breakdown) -> str:
    """How far the answers of the span are towards what the year needs."""
    if found.population is None or found.result is None:
        return ""
    wanted = sample_size(found.population)
    values = {
        "n": numbers.number(found.n, 0),
        "wanted": numbers.number(wanted, 0),
        "size": numbers.number(found.population, 0),
    }
    if found.n >= wanted:
        return (
            _(
                "Cukup menurut tabel Krejcie–Morgan: %(n)s dari %(wanted)s responden yang "
                "diperlukan untuk %(size)s penerima setahun."
            )
            % values
        )
    return (
        _(
            "Baru %(n)s dari %(wanted)s responden yang diperlukan untuk %(size)s penerima setahun "
            "(Krejcie–Morgan)."
        )
        % values
    )


def sign_words(found: Breakdown) -> str:
    result, without = found.result, found.unsigned_result
    if result is None:
        return ""
    if not found.signed:
        return _("Tidak ada jawaban bertanda.")
    share = numbers.percent(Fraction(100 * found.signed, found.n), 1)
    if without is None:
        return _("Semua jawaban bertanda (%(share)s).") % {"share": share}
    return _(
        "%(share)s jawaban bertanda; indeks dengan yang bertanda %(with)s, tanpa yang bertanda "
        "%(without)s. Yang bertanda tetap dihitung."
    ) % {
        "share": share,
        "with": numbers.number(result.converted),
        "without": numbers.number(without.converted),
    }


def channel_rows(found: Breakdown) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (
            channel_name(group.code),
            numbers.percent(Fraction(100 * group.n, found.n), 1),
            difference_words(group),
        )
        for group in found.groups(BY_CHANNEL)
    )


def channel_name(code: str) -> str:
    return str(dict(Channel.choices).get(code, code))


def difference_words(group: Group) -> str:
    """`88,10; +1,20 dari yang lain, tidak dapat dibedakan`; empty when nothing may be shown."""
    if group.result is None:
        return ""
    shown = _("IKM %(value)s") % {"value": numbers.number(group.result.converted)}
    if group.difference is None:
        return shown
    return f"{shown}; {apart_words(group)}"


def apart_words(group: Group) -> str:
    """How a group differs from all the others, and whether chance explains it."""
    if group.difference is None:
        return ""
    moved = numbers.signed(group.difference, 2)
    if group.difference95 is None:
        return _("%(moved)s dari yang lain, tidak dapat dinilai") % {"moved": moved}
    if group.is_apart:
        return _("%(moved)s dari yang lain, berbeda") % {"moved": moved}
    return _("%(moved)s dari yang lain, tidak dapat dibedakan") % {"moved": moved}


def group_note(found: Breakdown) -> str:
    """Why the answers of groups are not shown; empty when they are."""
    if found.shows_groups:
        return ""
    if not found.is_whole_office:
        return _(
            "Nilai per kelompok hanya ditampilkan untuk kantor seluruhnya: selisih antara kantor "
            "dan unit dapat membuka jawaban kelompok kecil."
        )
    if found.span.kind == "range":
        return _(
            "Nilai per kelompok hanya ditampilkan untuk bulan, triwulan, semester, dan tahun "
            "takwim: selisih dua rentang bebas dapat membuka jawaban kelompok kecil."
        )
    return _(
        "Nilai per kelompok ditampilkan setelah semua bulannya ditutup: selama masih berjalan, "
        "selisih dari hari ke hari dapat membuka jawaban satu orang."
    )
