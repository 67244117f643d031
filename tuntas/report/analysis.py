"""Content of the analysis the regulation asks for (P14 BAB V): univariate and bivariate.

Who answered, how every question was answered, channels, the indices of groups, how the elements hang
together, and the months as a control chart. Everything is text or a whole number and frozen, so that
pages, documents and spreadsheets print the same.

    chapter = analysis.build(office, span)               # or unit=…, service=…
    blocks = [row.block for row in chapter.respondents]  # tables as documents take them
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import gettext as _

from tuntas.law.cells import LEAST_GROUP
from tuntas.law.change import change_of
from tuntas.law.elements import element
from tuntas.law.months import Span
from tuntas.law.profile import PROFILE, UNKNOWN
from tuntas.models import Office, Service, Unit
from tuntas.models.analyses import Analysis, Cross, analysis_of
from tuntas.models.breakdowns import BY_CHANNEL, BY_SERVICE, Group
from tuntas.models.monitoring import change_between
from tuntas.models.releases import hidden_while_open
from tuntas.models.results import (
    OPEN,
    Counted,
    MonthResult,
    counts,
    index_of,
    month_results,
    service_ids,
)
from tuntas.report import numbers
from tuntas.report.control import MONTHS, ControlSeries, change_sentence, series
from tuntas.report.correlation import correlation_table, correlation_words
from tuntas.report.facts import (
    IndexFacts,
    apart_words,
    channel_name,
    group_note,
    index_facts,
    interval,
)
from tuntas.report.tables import Cell, Table

HIDDEN = "*"


@dataclass(frozen=True)
class AnalysisChapter:
    """The analysis of a span. `facts` is None without any answer; tables are empty then.

    sentence: what to remember, in plain words.
    respondents: how many answered, by each question of the profile. frequency: one table per
    question, univariate. groups: index of each group, by profile, channel and service. correlation:
    matrix of the elements. months: the control chart, with the tables behind it.
    """

    office: str
    scope: str
    period: str
    n: int
    sentence: str
    facts: IndexFacts | None
    respondents: tuple[Table, ...]
    frequency: tuple[Table, ...]
    channels: Table
    groups: tuple[Table, ...]
    correlation: Table
    correlation_words: tuple[str, ...]
    months: ControlSeries
    month_table: Table
    notes: tuple[str, ...] = field(default=())

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, for downloads."""
        return (
            *self.respondents,
            self.channels,
            *self.groups,
            *self.frequency,
            self.correlation,
            self.month_table,
        )


def build(
    office: Office, span: Span, *, unit: Unit | None = None, service: Service | None = None
) -> AnalysisChapter:
    """The analysis of an office, one unit or one service in a span of months."""
    return chapter_of(analysis_of(office, span, unit=unit, service=service))


def chapter_of(found: Analysis, *, running: bool = True) -> AnalysisChapter:
    """`running` False leaves out the scores of open months before the span, for who must not see
    them; of the span itself the caller decides."""
    counted = counted_before(found)
    results = months_of(found, counted)
    if not running:
        results = hidden_while_open(results)
        still_open = {row.month for row in results if row.state == OPEN}
        counted = [row for row in counted if row.month not in still_open]
    months = series(results)
    grouped = [*[question.code for question in PROFILE], BY_CHANNEL, BY_SERVICE]
    return AnalysisChapter(
        office=found.office.name,
        scope=scope_name(found),
        period=numbers.span(found.span),
        n=found.n,
        sentence=sentence_of(found, results, counted, months),
        facts=index_facts(found) if found.result else None,
        respondents=tuple(respondent_table(found, code) for code in grouped),
        frequency=frequency_tables(found),
        channels=group_table(found, BY_CHANNEL),
        groups=tuple(group_table(found, code) for code in grouped if code != BY_CHANNEL),
        correlation=correlation_table(found),
        correlation_words=correlation_words(found),
        months=months,
        month_table=month_table(months),
        notes=(small_groups_note(),),
    )


def counted_before(found: Analysis) -> list[Counted]:
    """Tallies of the months the chart and the comparison reach back to, before the span."""
    length = max(MONTHS, 2 * len(found.span.months))
    months = [found.span.last + step for step in range(1 - length, 1)]
    before = [month for month in months if month < found.span.first]
    services = service_ids(unit=found.unit, service=found.service)
    return counts(found.office, before, services=services)


def months_of(found: Analysis, before: Sequence[Counted]) -> list[MonthResult]:
    """The months up to the span's last, for the chart; those of the span come from its own rows."""
    span = found.span
    length = max(MONTHS, len(span.months))
    months = [span.last + step for step in range(1 - length, 1)]
    counted = [*before, *found.counted()]
    return month_results(
        found.office, months, unit=found.unit, service=found.service, counted=counted
    )


def sentence_of(
    found: Analysis,
    results: Sequence[MonthResult],
    before: Sequence[Counted],
    drawn: ControlSeries,
) -> str:
    """How the span compares with the one before it; empty when one of them has no value."""
    span = found.span
    if len(span.months) == 1:
        earlier, later = results[-2], results[-1]
        label = numbers.month(earlier.month)
        return change_sentence(change_between(earlier, later), label, drawn, span.last)
    length = len(span.months)
    past = Span(span.first + -length, span.first + -1)
    known = [row for row in before if past.first <= row.month <= past.last]
    one, other = index_of(known, found.office.weights), found.result
    if one is None or other is None:
        return ""
    change = change_of(one.converted, other.converted, one.interval95, other.interval95)
    return change_sentence(change, numbers.span(past), drawn, None)


def scope_name(found: Analysis) -> str:
    if found.service is not None:
        return found.service.name
    return found.unit.name if found.unit is not None else _("Seluruh kantor")


# -- who answered --------------------------------------------------------------------------------


def respondent_table(found: Analysis, by: str) -> Table:
    """How many answered, by one question of the profile, channel or service; adds up to n.

    The profile only of a settled period with LEAST_GROUP respondents: beside the answers of one
    more person than yesterday, it would be that person's.
    """
    title = _("Responden menurut %(by)s") % {"by": group_title(by).lower()}
    heads = (group_title(by), _("Responden"), _("Persentase"))
    is_profile = by not in (BY_CHANNEL, BY_SERVICE)
    if is_profile and not (found.is_settled and found.n >= LEAST_GROUP):
        note = _("Ditampilkan setelah bulannya ditutup, mulai dari %(least)s responden.")
        return Table(f"respondents-{by}", title, heads, (), note % {"least": LEAST_GROUP})
    sizes = found.sizes(by)
    names = group_names(found, by)
    codes = [code for code in names if sizes.get(code) or code != UNKNOWN]
    rows = [(names[code], sizes.get(code, 0), share(sizes.get(code, 0), found.n)) for code in codes]
    total = (_("Jumlah"), found.n, share(found.n, found.n))
    return Table(f"respondents-{by}", title, heads, (*rows, total))


def share(part: int, whole: int) -> str:
    return numbers.percent(Fraction(100 * part, whole), 1) if whole else "–"


def group_title(by: str) -> str:
    """The heading of a grouping: a question of the profile, the channel or the service."""
    titles = {question.code: question.label for question in PROFILE}
    return {**titles, BY_CHANNEL: _("Kanal"), BY_SERVICE: _("Layanan")}[by]


def group_names(found: Analysis, by: str) -> dict[str, str]:
    """The groups of a grouping by code, in order, with what they are called."""
    question = next((row for row in PROFILE if row.code == by), None)
    if question is not None:
        return {**dict(question.choices), UNKNOWN: _("Tidak diisi")}
    codes = [code for code, _n in found.sizes(by).most_common()]
    if by == BY_CHANNEL:
        return {code: channel_name(code) for code in codes}
    known = Service.objects.in_bulk([int(code) for code in codes])
    return {code: known[int(code)].name for code in codes}


# -- groups --------------------------------------------------------------------------------------


def group_table(found: Analysis, by: str) -> Table:
    """Index of each group with its interval, and the difference from all the others."""
    names = group_names(found, by)
    groups = [group for group in found.groups(by) if group.n]
    if by not in (BY_CHANNEL, BY_SERVICE) and not found.shows_groups:
        groups = []
    hidden = not groups or any(not group.is_shown for group in groups)
    return Table(
        f"groups-{by}",
        _("IKM menurut %(by)s") % {"by": group_title(by).lower()},
        (
            group_title(by),
            _("Responden"),
            _("IKM"),
            _("Selang 95%"),
            _("Dibandingkan dengan yang lain"),
        ),
        tuple(group_row(group, names) for group in groups),
        (group_note(found) or hidden_note()) if hidden else "",
    )


def group_row(group: Group, names: dict[str, str]) -> tuple[Cell, ...]:
    if group.result is None:
        return names[group.code], group.n, HIDDEN, HIDDEN, HIDDEN
    return (
        names[group.code],
        group.n,
        numbers.number(group.result.converted),
        interval(group.result) or "–",
        apart_words(group) or "–",
    )


def hidden_note() -> str:
    return _("* Tidak ditampilkan agar jawaban kelompok kecil tidak dapat dihitung.")


def small_groups_note() -> str:
    return _(
        "Banyaknya responden setiap kelompok ditampilkan setelah bulannya ditutup, karena format "
        "publikasi peraturan memintanya. Apa yang mereka jawab hanya ditampilkan untuk kelompok dengan sedikitnya "
        "%(least)s responden. Bila satu kelompok disembunyikan, kelompok terkecil berikutnya ikut "
        "disembunyikan, agar yang tersembunyi tidak dapat dihitung dari jumlah seluruhnya, atau dari "
        "selisih triwulan dan bulan-bulannya."
    ) % {"least": LEAST_GROUP}


# -- how it was answered -------------------------------------------------------------------------


def frequency_tables(found: Analysis) -> tuple[Table, ...]:
    """One table per question: how often each answer was given, best answer last."""
    tables = []
    for row in found.frequencies():
        question = row.question
        label = found.editions[question.edition_id].label
        asked_in = f" ({label})" if len(found.editions) > 1 else ""
        answers = [
            (f"{score}. {label}", times, share(times, row.n))
            for (score, label), times in zip(question.scored_options, row.times, strict=True)
        ]
        tables.append(
            Table(
                f"frequency-{question.edition_id}-{question.position}",
                f"{question.position}. {question.text}{asked_in}",
                (_("Jawaban"), _("Responden"), _("Persentase")),
                (*answers, (_("Tidak dijawab"), row.missing, "–")),
                element(question.element).name if question.element else "",
            )
        )
    return tuple(tables)


def cross_table(found: Analysis, row: str, column: str) -> Table:
    """Cross table of an element or a grouping (down) with an element (across)."""
    crossed = found.cross(row, column)
    is_element = row in found.elements
    if is_element:
        names = {code: score_name(code) for code in crossed.rows}
    else:
        names = group_names(found, row)
    title = element(row).name if is_element else group_title(row)
    hidden = not is_element and any(group.n and not group.is_shown for group in found.groups(row))
    return Table(
        f"cross-{row}-{column}",
        _("%(row)s dan %(column)s") % {"row": title, "column": element(column).name},
        (title, *[score_name(code) for code in crossed.columns], _("Jumlah")),
        tuple(cross_rows(crossed, names)),
        (group_note(found) or hidden_note()) if hidden else _("Persentase dihitung mendatar."),
    )


def cross_rows(crossed: Cross, names: dict[str, str]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for code, times in zip(crossed.rows, crossed.times, strict=True):
        whole = sum(times)
        rows.append((names[code], *[f"{n} ({share(n, whole)})" for n in times], whole))
    return rows


def score_name(score: str) -> str:
    return _("Nilai %(score)s") % {"score": numbers.score(Fraction(score))}


# -- months --------------------------------------------------------------------------------------


def month_table(drawn: ControlSeries) -> Table:
    """The table behind the control chart."""
    chart = drawn.chart
    note = _("Belum cukup bulan untuk batas wajar.")
    if chart.limits is not None:
        note = _(
            "Garis tengah %(centre)s; batas wajar %(low)s–%(high)s; rata-rata rentang bergerak "
            "%(range)s, batasnya %(most)s."
        ) % {
            "centre": numbers.number(chart.centre),
            "low": numbers.number(chart.limits[0]),
            "high": numbers.number(chart.limits[1]),
            "range": numbers.number(chart.moving_range),
            "most": numbers.number(chart.range_limit),
        }
    return Table(
        "months",
        _("IKM per bulan dan rentang bergeraknya"),
        (_("Bulan"), _("IKM"), _("Rentang bergerak"), _("Jawaban"), _("Keterangan")),
        tuple(
            (
                numbers.month(row.month),
                numbers.number(row.value),
                numbers.number(row.moved),
                row.n if row.n is not None else "–",
                "; ".join(row.signals) or ("–" if row.value is not None else _("tanpa nilai")),
            )
            for row in drawn.months
        ),
        note,
    )


def table_of(chapter: AnalysisChapter, code: str) -> Table | None:
    """One table of a chapter by its code."""
    return next((table for table in chapter.tables if table.code == code), None)
