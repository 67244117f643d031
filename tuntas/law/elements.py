"""The nine elements of the survey (PermenPANRB 14/2017, Lampiran I, BAB I huruf F).

Never key data on the number: the list, the worked table and the processing form number complaint
handling 8 and facilities 9; the regulation's own model questionnaire asks them the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuntas.law.citation import p14


@dataclass(frozen=True)
class Element:
    """One unsur pelayanan. `number` is its place in the regulation's list, from 1."""

    code: str
    number: int
    name: str
    short_name: str  # as printed on the processing form
    definition: str
    note: str = ""


SOURCE = p14("Lampiran I, BAB I huruf F, hlm. 8–9")
# Nine, plus those an office finds relevant (BAB V huruf A angka 1 huruf a). The regulation sets no
# upper limit; twenty is ours, for the width of the processing form.
MAX_ELEMENTS = 20

FEE_NOTE = (
    "Unsur 4 dapat diganti dengan bentuk pertanyaan lain jika dalam suatu peraturan perundangan "
    "biaya tidak dibebankan kepada penerima layanan (konsumen)."
)
WEB_NOTE = (
    "Unsur 6 dan Unsur 7 dapat diganti dengan bentuk pertanyaan lain jika jenis layanan yang akan "
    "disurvei berbasis website."
)

ELEMENTS: tuple[Element, ...] = (
    Element(
        "requirements",
        1,
        "Persyaratan",
        "Persyaratan",
        "Syarat yang harus dipenuhi dalam pengurusan suatu jenis pelayanan, baik persyaratan "
        "teknis maupun administratif.",
    ),
    Element(
        "procedures",
        2,
        "Sistem, Mekanisme, dan Prosedur",
        "Prosedur",
        "Tata cara pelayanan yang dibakukan bagi pemberi dan penerima pelayanan, termasuk "
        "pengaduan.",
    ),
    Element(
        "completion_time",
        3,
        "Waktu Penyelesaian",
        "Waktu pelayanan",
        "Jangka waktu yang diperlukan untuk menyelesaikan seluruh proses pelayanan dari setiap "
        "jenis pelayanan.",
    ),
    Element(
        "fees",
        4,
        "Biaya/Tarif",
        "Biaya/tarif",
        "Ongkos yang dikenakan kepada penerima layanan dalam mengurus dan/atau memperoleh "
        "pelayanan dari penyelenggara yang besarnya ditetapkan berdasarkan kesepakatan antara "
        "penyelenggara dan masyarakat.",
        FEE_NOTE,
    ),
    Element(
        "product_specification",
        5,
        "Produk Spesifikasi Jenis Pelayanan",
        "Produk layanan",
        "Hasil pelayanan yang diberikan dan diterima sesuai dengan ketentuan yang telah "
        "ditetapkan; merupakan hasil dari setiap spesifikasi jenis pelayanan.",
    ),
    Element(
        "staff_competence",
        6,
        "Kompetensi Pelaksana",
        "Kompetensi pelaksana",
        "Kemampuan yang harus dimiliki oleh pelaksana meliputi pengetahuan, keahlian, "
        "keterampilan, dan pengalaman.",
        WEB_NOTE,
    ),
    Element(
        "staff_conduct",
        7,
        "Perilaku Pelaksana",
        "Perilaku pelaksana",
        "Sikap petugas dalam memberikan pelayanan.",
        WEB_NOTE,
    ),
    Element(
        "complaint_handling",
        8,
        "Penanganan Pengaduan, Saran, dan Masukan",
        "Penanganan pengaduan, saran, dan masukan",
        "Tata cara pelaksanaan penanganan pengaduan dan tindak lanjut.",
    ),
    Element(
        "facilities",
        9,
        "Sarana dan Prasarana",
        "Sarana dan prasarana",
        "Sarana adalah segala sesuatu yang dapat dipakai sebagai alat dalam mencapai maksud dan "
        "tujuan; prasarana adalah segala sesuatu yang merupakan penunjang utama terselenggaranya "
        "suatu proses.",
    ),
)
BY_CODE = {element.code: element for element in ELEMENTS}
REGULATION_ORDER: tuple[str, ...] = tuple(BY_CODE)
# Lampiran III: question 8 asks for the facilities, question 9 for complaint handling.
QUESTIONNAIRE_ORDER: tuple[str, ...] = (
    *REGULATION_ORDER[:7],
    "facilities",
    "complaint_handling",
)


def element(code: str) -> Element:
    """The element of a code; an office's own extra element names itself by its code."""
    found = BY_CODE.get(code)
    if found:
        return found
    name = code.replace("_", " ").capitalize()
    return Element(code, MAX_ELEMENTS + 1, name, name, "")


def in_regulation_order(codes: tuple[str, ...] | list[str] | set[str]) -> list[str]:
    """The nine first, by their number; then extra elements by their code."""
    return sorted(codes, key=lambda code: (element(code).number, code))
