"""Tables and charts of the result report, each made of the findings alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tuntas.law.elements import element
from tuntas.law.grades import BANDS, grade_of
from tuntas.law.index import ElementResult, IndexResult
from tuntas.law.workdays import is_working_day
from tuntas.models import Service
from tuntas.models.adequacy import adequacies
from tuntas.models.holidays import days_off
from tuntas.models.results import EMPTY, HISTORICAL, OPEN, MonthResult
from tuntas.report import charts, numbers
from tuntas.report.analysis import HIDDEN, AnalysisChapter
from tuntas.report.content import Block, Figure, Grid
from tuntas.report.control_chart import HEIGHT as CONTROL_HEIGHT
from tuntas.report.control_chart import control_picture
from tuntas.report.findings import Findings, years_back
from tuntas.report.tables import Table


def grid(
    caption: str,
    rows: Sequence[Sequence[str]],
    widths: tuple[float, ...],
    aligns: str,
    *,
    strong: tuple[int, ...] = (),
    note: str = "",
) -> Grid:
    texts = tuple(tuple(row) for row in rows)
    return Grid(caption=caption, rows=texts, widths=widths, aligns=aligns, strong=strong, note=note)


# -- respondents ---------------------------------------------------------------------------------


def returned_table(found: Findings) -> Grid:
    """Questionnaires that came back, and those that could be used (P14 p. 13)."""
    return grid(
        "Kuesioner yang kembali dan yang diolah",
        (
            ("Keterangan", "Jumlah"),
            ("Kuesioner yang kembali", numbers.number(found.returned, 0)),
            ("Tidak diolah (dikeluarkan dengan alasan)", numbers.number(found.returned - found.n, 0)),
            ("Kuesioner yang diolah", numbers.number(found.n, 0)),
        ),
        (11.5, 3.5),
        "lr",
        strong=(3,),
    )  # fmt: skip


def analysis_grid(table: Table, widths: tuple[float, ...], aligns: str) -> Grid:
    """A table of the analysis as this report prints it; what it leaves out its note explains."""
    rows = [table.heads]
    rows += [
        tuple(numbers.number(cell, 0) if isinstance(cell, int) else cell for cell in row)
        for row in table.rows
    ]
    total = (len(rows) - 1,) if table.rows and table.rows[-1][0] == "Jumlah" else ()
    return grid(table.title, rows, widths, aligns, strong=total, note=table.note)


def respondent_blocks(chapter: AnalysisChapter) -> list[Block]:
    """Who answered, by each characteristic: table and chart, or why it is not shown yet."""
    made: list[Block] = []
    hidden = [table for table in chapter.respondents if not table.rows and table.note]
    for table in chapter.respondents:
        if not table.rows:
            continue
        made.append(analysis_grid(table, (9, 3, 3), "lrr"))
        if len(table.rows) > 2:
            made.append(respondent_chart(table))
    if hidden:
        names = numbers.listing([str(table.heads[0]).lower() for table in hidden])
        made.append(Block("p", (f"Responden menurut {names}: {lower_first(hidden[0].note)}",)))
    return made


def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def respondent_chart(table: Table) -> Figure:
    """The rows of a table of respondents as bars, without its sum."""
    counted = [(str(label), int(n), str(part)) for label, n, part in table.rows[:-1]]
    whole = sum(n for _label, n, _part in counted) or 1
    rows = [
        charts.Row(label, Fraction(n, whole), f"{numbers.number(n, 0)} ({part})")
        for label, n, part in counted
        if n
    ]
    return charts.bars(rows, table.title)


def group_blocks(chapter: AnalysisChapter) -> list[Block]:
    """The index of each group of respondents that is large enough to be shown."""
    return [
        analysis_grid(table, (4.6, 2, 1.9, 2.8, 3.7), "lrrll")
        for table in chapter.groups
        if any(row[2] != HIDDEN for row in table.rows)
    ]


def correlation_blocks(chapter: AnalysisChapter) -> list[Block]:
    """How the elements hang together (bivariate, P14 p. 24), with what it does not say."""
    table = chapter.correlation
    if len(table.rows) < 2:
        return []
    width = 10.6 / (len(table.heads) - 1)
    widths = (4.4, *((width,) * (len(table.heads) - 1)))
    made: list[Block] = [analysis_grid(table, widths, "l" + "c" * (len(table.heads) - 1))]
    return [*made, *(Block("p", (line,)) for line in chapter.correlation_words)]


def frequency_blocks(chapter: AnalysisChapter) -> list[Block]:
    """How often each answer was given to each question (univariate, P14 p. 23)."""
    return [analysis_grid(table, (9, 3, 3), "lrr") for table in chapter.frequency]


def control_blocks(chapter: AnalysisChapter) -> list[Block]:
    """The control chart, where enough months are known for its limits."""
    if chapter.months.chart.limits is None:
        return []
    title = "Bagan kendali nilai IKM per bulan"
    drawn = control_picture(chapter.months, title)
    return [
        charts.of_page(drawn, CONTROL_HEIGHT, title, chapter.months.sentence),
        analysis_grid(chapter.month_table, (3.4, 2, 2.6, 2.2, 4.8), "lrrrl"),
    ]


def unit_table(found: Findings) -> Grid:
    rows = [("Unit", "Responden", "IKM", "Mutu")]
    for unit in found.office.units.all():
        keys = set(unit.services.values_list("pk", flat=True))
        rows.append((unit.name, *figures_of(found.of_services(keys))))
    return grid("Responden dan IKM per unit", rows, (9.2, 2.2, 2, 1.6), "lrrc")


def services_of(found: Findings) -> list[Service]:
    rows = Service.objects.filter(office=found.office).select_related("unit")
    if found.unit is not None:
        rows = rows.filter(unit=found.unit)
    asked = {row.service_id for row in found.counted}
    return [row for row in rows if row.closed_at is None or row.pk in asked]


def figures_of(result: IndexResult | None) -> tuple[str, str, str]:
    if result is None:
        return "0", "–", "–"
    return numbers.number(result.n, 0), numbers.number(result.converted), result.grade.letter


def sample_table(found: Findings) -> Grid | None:
    """Population and sample of each service in the span's last year; None without a population."""
    year = found.span.last.year
    rows = [("Jenis layanan", "Populasi", "Sampel minimum", f"Jawaban {year}", "Terpenuhi")]
    for row in adequacies(found.office, year, services_of(found), found.cut_off):
        if row.audience is None:
            continue
        rows.append(
            (
                row.service.name,
                numbers.number(row.audience.size, 0),
                numbers.number(row.wanted, 0),
                numbers.number(row.answered, 0),
                numbers.percent(row.percent),
            )
        )
    if len(rows) == 1:
        return None
    caption = f"Populasi dan sampel minimum tahun {year} (Krejcie dan Morgan, kesalahan 5%)"
    return grid(caption, rows, (6, 2.2, 2.4, 2.2, 2.2), "lrrrr")


# -- time ----------------------------------------------------------------------------------------


def schedule_table(found: Findings) -> Grid:
    """When the survey was held, counted and reported, with the working days of each."""
    off = days_off(found.office.pk)
    start, end = found.span.first.first_day, found.span.last.last_day
    step = (end - start).days
    working = sum(
        is_working_day(day, off)
        for day in (start.fromordinal(start.toordinal() + at) for at in range(step + 1))
    )
    closed = [
        row.closure.at.astimezone(found.office.zone).date() for row in found.months if row.closure
    ]
    counted = numbers.days(min(closed), max(closed)) if closed else "–"
    return grid(
        "Waktu pelaksanaan SKM",
        (
            ("No.", "Kegiatan", "Waktu pelaksanaan", "Jumlah hari kerja"),
            ("1.", "Pengumpulan data", numbers.days(start, end), numbers.number(working, 0)),
            ("2.", "Pengolahan data dan penutupan bulan", counted, "–"),
            ("3.", "Penyusunan laporan", numbers.day(found.cut_off), "–"),
        ),
        (1.1, 5.6, 5.8, 2.5),
        "lllr",
    )


# -- index ---------------------------------------------------------------------------------------


def quality_table() -> Grid:
    """Tabel II of the regulation."""
    rows = [("Nilai persepsi", "Nilai interval", "Nilai interval konversi", "Mutu", "Kinerja")]
    rows += [
        (
            str(band.perception),
            band.interval,
            band.converted_interval,
            band.letter,
            band.performance,
        )
        for band in reversed(BANDS)
    ]
    caption = "Nilai persepsi, interval, mutu, dan kinerja (PermenPANRB 14/2017, Tabel II)"
    return grid(caption, rows, (2.6, 3.2, 4, 1.8, 3.4), "ccccl")


def definition_table(codes: Sequence[str]) -> Grid:
    rows = [("No.", "Unsur", "Pengertian")]
    rows += [
        (f"U{place}", element(code).name, element(code).definition)
        for place, code in enumerate(codes, start=1)
    ]
    return grid("Unsur yang dinilai", rows, (1.1, 4.4, 9.5), "lll")


def element_table(result: IndexResult) -> Grid:
    """Mean, weighted mean and grade of each element, and the index below."""
    rows = [("No.", "Unsur pelayanan", "Mengisi", "NRR", "NRR tertimbang", "IKM unsur", "Mutu")]
    for place, row in enumerate(result.elements, start=1):
        rows.append(
            (
                f"U{place}",
                row.name,
                numbers.number(row.n, 0),
                numbers.number(row.mean, 3),
                numbers.number(row.weighted, 3),
                numbers.number(row.mean * 25 if row.mean is not None else None),
                row.grade.letter if row.grade else "–",
            )
        )
    last = len(rows)
    total = numbers.number(result.index_value, 3)
    rows.append(
        ("", "Indeks Kepuasan Masyarakat", numbers.number(result.n, 0), "", total,
         numbers.number(result.converted), result.grade.letter)
    )  # fmt: skip
    caption = "Indeks per unsur dan Indeks Kepuasan Masyarakat"
    return grid(caption, rows, (1.1, 5.1, 1.8, 1.6, 2.1, 1.9, 1.4), "llrrrrc", strong=(last,))


def element_chart(result: IndexResult) -> Figure:
    low = {row.code for row in result.lowest()}
    rows = [
        charts.Row(
            f"U{place} {element(row.code).short_name}",
            (row.mean - 1) / 3,
            f"{numbers.number(row.mean, 3)}{' (3 terendah)' if row.code in low else ''}",
            is_low=row.code in low,
        )
        for place, row in enumerate(result.elements, start=1)
        if row.mean is not None
    ]
    return charts.bars(rows, "Nilai rata-rata per unsur (skala 1–4)")


def ranked_table(caption: str, rows: Sequence[ElementResult]) -> Grid:
    lines = [("No.", "Unsur pelayanan", "NRR", "IKM unsur", "Mutu")]
    for place, row in enumerate(rows, start=1):
        mean = row.mean
        lines.append(
            (
                f"{place}.",
                row.name,
                numbers.number(mean, 3),
                numbers.number(mean * 25 if mean is not None else None),
                row.grade.letter if row.grade else "–",
            )
        )
    return grid(caption, lines, (1.1, 7.9, 2, 2.2, 1.8), "llrrc")


# -- time lines ----------------------------------------------------------------------------------

STATES = {HISTORICAL: "nilai terbit sebelum sistem", OPEN: "belum ditutup", EMPTY: "tidak ada data"}


def month_table(caption: str, months: Sequence[MonthResult]) -> Grid:
    rows = [("Bulan", "Responden", "IKM", "Mutu", "Keterangan")]
    for row in months:
        rows.append(
            (
                numbers.month(row.month),
                "–" if row.n is None else numbers.number(row.n, 0),
                numbers.number(row.converted),
                row.grade.letter if row.grade else "–",
                STATES.get(row.state, "sudah ditutup" if row.converted is not None else "tanpa jawaban"),
            )
        )  # fmt: skip
    return grid(caption, rows, (4.2, 2.4, 2.2, 1.8, 4.4), "lrrcl")


def trend_blocks(results: list[MonthResult]) -> list[Block]:
    """Chart and table of the months; the table alone while there is but one value."""
    first = next((at for at, row in enumerate(results) if row.converted is not None), None)
    if first is None:
        return []
    known = results[first:]
    made: list[Block] = []
    if sum(row.converted is not None for row in known) > 1:
        made.append(charts.trend(known, "Tren nilai IKM per bulan"))
    return [*made, month_table("Nilai IKM per bulan", known)]


def comparison_blocks(found: Findings) -> list[Block]:
    """This span beside the same months of the two years before (P14 p. 14)."""
    years = [found.earlier(years_back(found.span, back)) for back in (2, 1)] + [found]
    told = [row for row in years if any(month.converted is not None for month in row.months)]
    if not [row for row in told if row is not found]:
        words = (
            "Hasil bulan yang sama pada tahun-tahun sebelumnya belum ada dalam sistem, sehingga "
        )
        return [Block("p", (f"{words}tidak ada yang dapat dibandingkan.",))]
    return [index_comparison(told), month_comparison(told)]


def index_comparison(years: Sequence[Findings]) -> Grid:
    head = ("Unsur", *(numbers.span(row.span) for row in years), "Selisih")
    codes = [row.code for row in next((y.result.elements for y in reversed(years) if y.result), ())]
    rows: list[tuple[str, ...]] = [head]
    for code in codes:
        means = [mean_of(year.result, code) for year in years]
        rows.append(
            (
                element(code).name,
                *(numbers.number(mean, 3) for mean in means),
                difference(means, 3),
            )
        )
    values = [year.converted for year in years]
    grades = [grade_of(value).letter if value is not None else "–" for value in values]
    last = len(rows)
    rows.append(("IKM", *(numbers.number(value) for value in values), difference(values, 2)))
    rows.append(("Mutu", *grades, ""))
    rows.append(("Responden", *(numbers.number(year.n, 0) for year in years), ""))
    width = 9.6 / (len(years) + 1)
    widths = (5.4, *((width,) * (len(years) + 1)))
    note = (
        "Selisih: tahun terakhir dikurangi tahun sebelumnya. Tanda – berarti tidak ada hitungan; "
        "nilai terbit lama tidak digabung menjadi nilai satu periode."
    )
    aligns = "l" + "r" * (len(years) + 1)
    return grid("Perbandingan antartahun", rows, widths, aligns, strong=(last,), note=note)


def mean_of(result: IndexResult | None, code: str) -> Fraction | None:
    rows = result.elements if result else ()
    return next((row.mean for row in rows if row.code == code), None)


def difference(values: Sequence[Fraction | None], places: int) -> str:
    before, after = values[-2:]
    return (
        numbers.signed(after - before, places) if before is not None and after is not None else "–"
    )


def month_comparison(years: Sequence[Findings]) -> Grid:
    head = ("Bulan", *(str(year.span.last.year) for year in years))
    rows: list[tuple[str, ...]] = [head]
    for place, month in enumerate(years[-1].months):
        values = [year.months[place].converted for year in years]
        rows.append((numbers.month_name(month.month), *(numbers.number(value) for value in values)))
    width = 9 / len(years)
    return grid(
        "IKM per bulan pada tahun-tahun yang dibandingkan",
        rows,
        (6, *((width,) * len(years))),
        "l" + "r" * len(years),
    )
