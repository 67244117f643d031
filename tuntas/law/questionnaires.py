"""The built-in questionnaires, as data.

`skm9` is the model of PermenPANRB 14/2017, Lampiran III, p. 27–28, with its misprints corrected
(question 7, the full stops). Its question 8 asks for the facilities and its question 9 for complaint
handling: the other way round than the list of elements.

`skm16` and `skm16-online` are the sixteen questions in use in many regions since 2025. Their legal
basis could not be confirmed and regions map questions to elements differently; this is the most
common mapping. An office with another one makes its own edition.

`skm9-zi` and `skm16-zi` add the thirteen statements of an integrity zone's own two surveys
(`law.instruments`). The sixteen questions hold the same five subjects of SPAK on a scale of 4; those
stay questions of the SKM, and IPAK is computed from the statements on the scale of 6 alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuntas.law.citation import p14
from tuntas.law.instruments import AGREEMENT, SKM, SPAK, SPKP

SOURCE = p14("Lampiran III, hlm. 27–28")
Options = tuple[str, str, str, str]


@dataclass(frozen=True)
class BuiltinQuestion:
    """A question with its answers, worst (score 1) to best: four for an element of the SKM, six for
    a `statement` of another `instrument`, which has no element."""

    element: str
    text: str
    options: tuple[str, ...]
    instrument: str = SKM
    statement: str = ""


@dataclass(frozen=True)
class BuiltinQuestionnaire:
    """A questionnaire as the regulation or practice words it."""

    code: str
    name: str
    questions: tuple[BuiltinQuestion, ...]


def scale(word: str) -> Options:
    """The regulation's graded answers of one adjective: tidak, kurang, plain, sangat."""
    return (f"Tidak {word}", f"Kurang {word}", word.capitalize(), f"Sangat {word}")


def likert(word: str) -> Options:
    """The sixteen-question form's answers: sangat tidak, tidak, plain, sangat."""
    return (f"Sangat tidak {word}", f"Tidak {word}", word.capitalize(), f"Sangat {word}")


SKM9 = BuiltinQuestionnaire(
    "skm9",
    "Kuesioner SKM 9 unsur (PermenPANRB 14/2017)",
    (
        BuiltinQuestion(
            "requirements",
            "Bagaimana pendapat Saudara tentang kesesuaian persyaratan pelayanan dengan jenis "
            "pelayanannya?",
            scale("sesuai"),
        ),
        BuiltinQuestion(
            "procedures",
            "Bagaimana pemahaman Saudara tentang kemudahan prosedur pelayanan di unit ini?",
            scale("mudah"),
        ),
        BuiltinQuestion(
            "completion_time",
            "Bagaimana pendapat Saudara tentang kecepatan waktu dalam memberikan pelayanan?",
            scale("cepat"),
        ),
        BuiltinQuestion(
            "fees",
            "Bagaimana pendapat Saudara tentang kewajaran biaya/tarif dalam pelayanan?",
            ("Sangat mahal", "Cukup mahal", "Murah", "Gratis"),
        ),
        BuiltinQuestion(
            "product_specification",
            "Bagaimana pendapat Saudara tentang kesesuaian produk pelayanan antara yang tercantum "
            "dalam standar pelayanan dengan hasil yang diberikan?",
            scale("sesuai"),
        ),
        BuiltinQuestion(
            "staff_competence",
            "Bagaimana pendapat Saudara tentang kompetensi/kemampuan petugas dalam pelayanan?",
            scale("kompeten"),
        ),
        BuiltinQuestion(
            "staff_conduct",
            "Bagaimana pendapat Saudara tentang perilaku petugas dalam pelayanan terkait "
            "kesopanan dan keramahan?",
            scale("sopan dan ramah"),
        ),
        BuiltinQuestion(
            "facilities",
            "Bagaimana pendapat Saudara tentang kualitas sarana dan prasarana?",
            ("Buruk", "Cukup", "Baik", "Sangat baik"),
        ),
        BuiltinQuestion(
            "complaint_handling",
            "Bagaimana pendapat Saudara tentang penanganan pengaduan pengguna layanan?",
            (
                "Tidak ada",
                "Ada tetapi tidak berfungsi",
                "Berfungsi kurang maksimal",
                "Dikelola dengan baik",
            ),
        ),
    ),
)

AGREE, FIT = likert("setuju"), likert("sesuai")


def sixteen(
    code: str, name: str, *, responsive: str, friendly: str, comfortable: str
) -> BuiltinQuestionnaire:
    """The sixteen questions; three of them are worded for the counter or for a web service."""
    rows = (
        (
            "requirements",
            "Informasi pelayanan tersedia melalui media elektronik maupun nonelektronik.",
            AGREE,
        ),
        ("requirements", "Persyaratan pelayanan sesuai dengan informasi yang diberikan.", FIT),
        ("procedures", "Standar dan prosedur layanan diinformasikan dengan jelas.", AGREE),
        ("procedures", "Prosedur/alur layanan mudah dipahami dan dilakukan.", AGREE),
        ("procedures", "Layanan diberikan sesuai prosedur tanpa kecurangan.", AGREE),
        ("completion_time", "Jangka waktu layanan sesuai dengan yang diinformasikan.", FIT),
        ("fees", "Biaya layanan sesuai dengan yang diinformasikan.", FIT),
        ("fees", "Tidak ada pungutan liar (pungli) dalam pelayanan.", AGREE),
        ("fees", "Tidak ada percaloan/perantara tidak resmi dalam pelayanan.", AGREE),
        (
            "product_specification",
            "Produk layanan yang diterima sesuai dengan yang dipublikasikan.",
            FIT,
        ),
        ("staff_competence", responsive, AGREE),
        ("staff_conduct", friendly, AGREE),
        (
            "staff_conduct",
            "Seluruh pengguna layanan dilayani secara adil tanpa diskriminasi.",
            AGREE,
        ),
        (
            "staff_conduct",
            "Pelayanan diberikan tanpa imbalan uang, barang, atau fasilitas di luar aturan.",
            AGREE,
        ),
        ("complaint_handling", "Layanan konsultasi dan pengaduan mudah diakses.", AGREE),
        ("facilities", comfortable, AGREE),
    )
    return BuiltinQuestionnaire(code, name, tuple(BuiltinQuestion(*row) for row in rows))


SKM16_OFFLINE = sixteen(
    "skm16",
    "Kuesioner SKM 16 pertanyaan (layanan tatap muka)",
    responsive="Petugas merespons kebutuhan dengan cepat.",
    friendly="Petugas melayani saya dengan ramah.",
    comfortable="Sarana dan prasarana nyaman dan mudah digunakan.",
)
SKM16_ONLINE = sixteen(
    "skm16-online",
    "Kuesioner SKM 16 pertanyaan (layanan elektronik)",
    responsive="Aplikasi sistem pelayanan merespons kebutuhan dengan cepat (membuka halaman, "
    "konten, pencarian informasi, unduh/unggah).",
    friendly="Fitur pada aplikasi sistem layanan mudah digunakan.",
    comfortable="Sistem layanan online nyaman dan mudah digunakan.",
)
STATEMENTS = tuple(
    BuiltinQuestion("", statement.text, AGREEMENT, instrument.code, statement.code)
    for instrument in (SPKP, SPAK)
    for statement in instrument.statements
)


def with_integrity_zone(of: BuiltinQuestionnaire, code: str, name: str) -> BuiltinQuestionnaire:
    """The same questions, then the statements of SPKP and SPAK."""
    return BuiltinQuestionnaire(code, name, of.questions + STATEMENTS)


SKM9_ZI = with_integrity_zone(SKM9, "skm9-zi", "Kuesioner SKM 9 unsur, SPKP, dan SPAK")
SKM16_ZI = with_integrity_zone(
    SKM16_OFFLINE, "skm16-zi", "Kuesioner SKM 16 pertanyaan, SPKP, dan SPAK"
)
BUILTIN = {
    questionnaire.code: questionnaire
    for questionnaire in (SKM9, SKM16_OFFLINE, SKM16_ONLINE, SKM9_ZI, SKM16_ZI)
}
