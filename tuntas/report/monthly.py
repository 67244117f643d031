"""Content of the result report (Laporan Hasil SKM) of a month, quarter, semester or year.

The same for the whole office and for one of its units; every number comes from `findings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from tuntas.law.change import DOWN, NOISE, UP, change_of
from tuntas.law.elements import REGULATION_ORDER, element
from tuntas.law.index import ElementResult, IndexResult
from tuntas.law.months import Span
from tuntas.models import NarrativeTemplate, Office, Unit
from tuntas.models.adequacy import adequacies, together
from tuntas.models.results import HISTORICAL, unclosed
from tuntas.report import analysis, annexes, narrative, numbers, processing, survey_tables
from tuntas.report.analysis import AnalysisChapter
from tuntas.report.content import Block, SurveyReport, blocks
from tuntas.report.findings import Findings, before, gather, trend_months
from tuntas.report.followup import channels, signature_of
from tuntas.report.monitoring import plan_rows, plan_share, plan_table, plans_sentence
from tuntas.report.outlines import FIVE, Numbering, arrange
from tuntas.report.suggestions import suggestion_rows, suggestions_sentence


def build(
    office: Office,
    span: Span,
    cut_off: date,
    *,
    unit: Unit | None = None,
    outline: str = FIVE,
    texts: Mapping[str, str] | None = None,
) -> SurveyReport:
    """The report of a span, telling what was known by the end of `cut_off`.

    `texts`: wording to use in the place of the office's own, for a preview.
    """
    found = gather(office, span, cut_off, unit)
    words = words_of(found)
    wording = dict(narrative.WORDINGS["monthly"].defaults) | NarrativeTemplate.current(
        office, "monthly"
    )
    wording |= texts or {}
    written = {name: blocks(narrative.fill(text, words)) for name, text in wording.items()}
    chapter = analysis.build(office, span, unit=unit)
    pieces = {name: written[name] + tuple(extra(found, chapter, name)) for name in written}
    numbering = Numbering()
    return SurveyReport(
        office=office.name,
        unit=unit.name if unit else "",
        title_lines=("LAPORAN HASIL", "SURVEI KEPUASAN MASYARAKAT (SKM)"),
        period=numbers.span_title(span).upper(),
        city=office.city,
        year=str(cut_off.year),
        outline=outline,
        summary=(*written["ringkasan"], *remarks(found)),
        chapters=numbering.of_chapters(arrange(outline, pieces)),
        parts=numbering.of_parts(annexes.parts(found, chapter)),
        signature=signature_of(office, cut_off),
        facts=facts(found),
    )


def extra(found: Findings, chapter: AnalysisChapter, name: str) -> list[Block]:
    """The tables and charts that follow the words of a section."""
    make: dict[str, Callable[[Findings, AnalysisChapter], list[Block]]] = {
        "metode": method_blocks,
        "waktu": lambda found, _chapter: [survey_tables.schedule_table(found)],
        "sampel": sample_blocks,
        "responden": respondent_blocks,
        "indeks": index_blocks,
        "analisis": analysis_blocks,
        "saran": suggestion_blocks,
        "rencana": plan_blocks,
        "tren": trend_blocks,
        "sebelumnya": lambda found, _chapter: annexes.previous_blocks(found),
    }
    return make[name](found, chapter) if name in make else []


# -- sections ------------------------------------------------------------------------------------


def method_blocks(found: Findings, _chapter: AnalysisChapter) -> list[Block]:
    codes = [row.code for row in found.result.elements] if found.result else REGULATION_ORDER
    return [survey_tables.definition_table(codes), survey_tables.quality_table()]


def sample_blocks(found: Findings, _chapter: AnalysisChapter) -> list[Block]:
    table = survey_tables.sample_table(found)
    return [table] if table else []


def respondent_blocks(found: Findings, chapter: AnalysisChapter) -> list[Block]:
    made: list[Block] = [survey_tables.returned_table(found)]
    return made + survey_tables.respondent_blocks(chapter) if found.n else made


def index_blocks(found: Findings, chapter: AnalysisChapter) -> list[Block]:
    """The index per element, then per month, unit and service, as far as there is more than one."""
    made: list[Block] = []
    if found.result is not None:
        made += [
            survey_tables.element_table(found.result),
            survey_tables.element_chart(found.result),
        ]
        made += [Block("p", (line,)) for line in notes_of(found.result)]
    if len(found.months) > 1:
        made.append(survey_tables.month_table("Nilai IKM setiap bulan", found.months))
    if found.unit is None and found.result is not None and found.office.units.count() > 1:
        made.append(survey_tables.unit_table(found))
    return made + survey_tables.group_blocks(chapter)


def notes_of(result: IndexResult) -> list[str]:
    """How the index was weighed, its interval, and what a reader must know of it."""
    notes = [f"Bobot setiap unsur: {processing.weight_words(result)}."]
    if result.interval95:
        low, high = (numbers.number(end) for end in result.interval95)
        notes.append(
            f"Selang kepercayaan 95%: {low}–{high} (galat pengambilan sampel saja, tidak termasuk "
            "perbedaan antara yang mengisi dan yang tidak)."
        )
    sentences = {
        "indicative": "Kurang dari 30 responden: nilai bersifat indikatif.",
        "element-unanswered": "Ada unsur tanpa jawaban; bobotnya dibagi ke unsur lain.",
        "fees-omitted": "Unsur biaya/tarif tidak ditanyakan; ini menyimpang dari peraturan.",
        "weights-extended": "Bobot 0,111/0,11 dipakai untuk jumlah unsur selain sembilan.",
    }
    return notes + [sentences[flag] for flag in result.flags if flag in sentences]


def analysis_blocks(found: Findings, chapter: AnalysisChapter) -> list[Block]:
    if found.result is None:
        return []
    return [
        survey_tables.ranked_table("Tiga unsur dengan nilai terendah", found.result.lowest()),
        survey_tables.ranked_table("Tiga unsur dengan nilai tertinggi", found.result.highest()),
        *survey_tables.correlation_blocks(chapter),
        Block("h", ("Saran dan masukan beserta jawabannya",)),
    ]


def suggestion_blocks(found: Findings, _chapter: AnalysisChapter) -> list[Block]:
    rows, n = suggestion_rows(found.office, found.span, found.until, unit=found.unit)
    if not rows:
        return []
    head = ("No.", "Unit", "Saran dan masukan", "Jawaban kantor")
    left_out = (
        f"Saran dan masukan berjumlah {numbers.number(n, 0)}, lebih banyak dari yang dapat dicetak di "
        f"sini. Tabel berikut memuat {numbers.number(len(rows), 0)} yang terakhir diterima; seluruhnya "
        "beserta jawabannya tersedia sebagai berkas dari daftar masukan."
    )
    return [
        *([Block("p", (left_out,))] if n > len(rows) else []),
        survey_tables.grid("Saran dan masukan", (head, *rows), (1.2, 2.2, 5.8, 5.8), "llll"),
    ]


def plan_blocks(found: Findings, _chapter: AnalysisChapter) -> list[Block]:
    if not found.plans:
        return []
    table = plan_table(plan_rows(found.office, found.span, found.plans))
    return [
        survey_tables.grid(
            "Rencana tindak lanjut perbaikan", table.rows, (1.1, 3, 5.2, 3, 2.7), "lllll"
        )
    ]


def trend_blocks(found: Findings, chapter: AnalysisChapter) -> list[Block]:
    return [
        *survey_tables.trend_blocks(trend_months(found)),
        *survey_tables.control_blocks(chapter),
        Block("h", ("Perbandingan dengan dua tahun sebelumnya",)),
        *survey_tables.comparison_blocks(found),
    ]


def remarks(found: Findings) -> list[Block]:
    """What a reader must know before the numbers: months still open, values published before."""
    lines = []
    waiting = unclosed(found.office, found.span.months)
    if waiting:
        names = numbers.listing([numbers.month(month) for month in waiting])
        lines.append(f"*Draf:* {names} belum ditutup; angka masih dapat berubah.")
    old = [row for row in found.months if row.state == HISTORICAL]
    if old:
        names = numbers.listing([numbers.month(row.month) for row in old])
        lines.append(
            f"Nilai {names} telah diterbitkan sebelum memakai sistem ini; jawaban aslinya tidak "
            "tersimpan, sehingga tidak ada rincian per unsur dan tidak digabung dengan nilai lain."
        )
    return [Block("p", (line,)) for line in lines]


# -- words ---------------------------------------------------------------------------------------


def words_of(found: Findings) -> dict[str, str]:
    result = found.result
    grade = result.grade if result else found.months[0].grade if len(found.months) == 1 else None
    share = plan_share(found.plans, found.until)
    none = "belum ada"
    return {
        "kantor": found.office.name,
        "lingkup": found.scope,
        "periode": numbers.span(found.span),
        "nama_periode": numbers.span_title(found.span),
        "tahun": str(found.span.last.year),
        "kanal": channels(found.office, found.span),
        "jumlah_responden": numbers.number(found.n, 0),
        "ikm": numbers.number(found.converted),
        "mutu": grade.letter if grade else "–",
        "kinerja": grade.performance if grade else "–",
        "unsur_terendah": names_of(result.lowest()) if result else none,
        "unsur_tertinggi": names_of(result.highest()) if result else none,
        "kalimat_hasil": result_sentence(found),
        "kalimat_unsur": elements_sentence(result),
        "kalimat_sampel": sample_sentence(found),
        "kalimat_saran": suggestions_sentence(found.share),
        "kalimat_rencana": plans_sentence(
            found.span, found.plans, share, found.until, found.carried
        ),
        "kalimat_tren": trend_sentence(found),
    }


def names_of(rows: list[ElementResult]) -> str:
    return numbers.listing([f"{row.name} ({numbers.number(row.mean, 3)})" for row in rows])


def result_sentence(found: Findings) -> str:
    """The index in words; of months before the system only what was published."""
    period, result = numbers.span(found.span), found.result
    if result is not None:
        return (
            f"Nilai Indeks Kepuasan Masyarakat {found.scope} pada {period} adalah "
            f"{numbers.number(result.converted)}, mutu pelayanan {result.grade.letter} "
            f"({result.grade.performance}), dihitung dari {numbers.number(result.n, 0)} responden."
        )
    old = [row for row in found.months if row.state == HISTORICAL]
    if not old:
        return (
            f"Tidak ada jawaban untuk {found.scope} pada {period}, sehingga tidak ada nilai indeks."
        )
    values = [f"{numbers.number(row.converted)} ({numbers.month(row.month)})" for row in old]
    return f"Nilai {found.scope} yang telah diterbitkan: {numbers.listing(values)}."


def elements_sentence(result: IndexResult | None) -> str:
    if result is None:
        return "Nilai per unsur tidak tersedia."
    lowest, highest = result.lowest(), result.highest()
    if len({row.mean for row in (*lowest, *highest)}) == 1 and len(lowest) > 1:
        mean = numbers.number(lowest[0].mean, 3)
        return f"Semua unsur bernilai sama ({mean}), sehingga tidak ada yang lebih lemah."
    return (
        f"Tiga unsur dengan nilai terendah: {names_of(lowest)}. Tiga unsur dengan nilai tertinggi: "
        f"{names_of(highest)}."
    )


def sample_sentence(found: Findings) -> str:
    """Whether the year's answers reach the sample; nothing is said where no population is known."""
    year = found.span.last.year
    rows = adequacies(found.office, year, survey_tables.services_of(found), found.cut_off)
    whole = together(rows)
    if not whole.wanted:
        return (
            f"Jumlah penerima layanan tahun {year} belum dicatat, sehingga kecukupan sampel belum "
            "dapat dinilai."
        )
    unknown = f" Populasi {whole.unknown} layanan lain belum dicatat." if whole.unknown else ""
    return (
        f"Dari sampel minimum {numbers.number(whole.wanted, 0)} responden tahun {year}, telah "
        f"terkumpul {numbers.number(whole.reached, 0)} ({numbers.percent(whole.percent)}); kelebihan "
        f"pada satu layanan tidak menutup kekurangan layanan lain.{unknown}"
    )


def trend_sentence(found: Findings) -> str:
    """Change from the span before; called a change only when chance does not explain it."""
    earlier = found.earlier(before(found.span))
    after, was = found.converted, earlier.converted
    name = numbers.span(earlier.span)
    if after is None or was is None:
        return f"Nilai {name} tidak tersedia, sehingga perubahan tidak dihitung."
    interval = found.result.interval95 if found.result else None
    interval_before = earlier.result.interval95 if earlier.result else None
    change = change_of(was, after, interval_before, interval)
    verdict = {
        UP: "naik",
        DOWN: "turun",
        NOISE: "dalam batas galat pengambilan sampel, sehingga belum dapat disebut perubahan",
    }.get(change.verdict, "selang kepercayaannya tidak tersedia, sehingga tidak disimpulkan")
    return (
        f"Dibandingkan {name} ({numbers.number(was)}), nilai berbeda "
        f"{numbers.signed(change.difference)}: {verdict}."
    )


def facts(found: Findings) -> dict[str, str]:
    """The figures a verification page shows beside the code."""
    told = {"IKM": numbers.number(found.converted), "jumlah responden": numbers.number(found.n, 0)}
    if found.result is not None:
        told["mutu"] = found.result.grade.letter
        told["bobot"] = processing.weight_words(found.result)
        for row in found.result.elements:
            told[f"NRR {element(row.code).short_name}"] = numbers.number(row.mean, 3)
    else:
        told |= {
            f"nilai {numbers.month(row.month)}": numbers.number(row.converted)
            for row in found.months
            if row.converted is not None
        }
    return told | {
        "saran diterima": str(found.share.received),
        "saran dijawab": f"{found.share.answered} dari {found.share.needing_reply}",
        "rencana aksi": str(len(found.plans)),
    }
