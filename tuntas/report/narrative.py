"""The wording of reports: a template per section, with places for computed words.

An office may replace each section by its own text; the numbers and the sentences that claim
something are always filled in by the system, because a claim must follow from the data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tuntas.report import survey_wording

PLACEHOLDERS = {
    "kantor": "nama kantor",
    "periode": "bulan pertama sampai bulan terakhir, misalnya Januari–Juni 2023",
    "semester": "nama periode, misalnya SMT I 2023",
    "tahun": "tahun periode",
    "kanal": "kanal pengisian kuesioner yang dipakai",
    "kalimat_mutu": "kalimat tentang mutu setiap bulan, dihitung dari nilai",
    "kalimat_saran": "kalimat tentang saran yang diterima dan dijawab, dihitung",
    "kalimat_rencana": "kalimat tentang rencana aksi yang ditindaklanjuti dan selesai, dihitung",
}

SECTIONS = {
    "latar_belakang": "BAB I A. Latar Belakang",
    "dasar_hukum": "BAB I B. Dasar Hukum",
    "tujuan": "BAB I C. Tujuan",
    "manfaat": "BAB I D. Manfaat",
    "pelaksanaan": "BAB II A. Pelaksanaan Survei",
    "hasil": "BAB II B. Hasil Survei",
    "rencana": "BAB II C. Rencana Tindak Lanjut Hasil Survei",
    "penutup": "BAB III Penutup",
}

DEFAULTS = {
    "latar_belakang": """\
Berorientasi Pelayanan adalah salah satu nilai dasar ASN BerAKHLAK. Nilai ini diwujudkan dengan \
memahami dan memenuhi kebutuhan masyarakat, bersikap ramah, cekatan, solutif, dan dapat \
diandalkan, serta melakukan perbaikan tiada henti. Karena itu kepuasan masyarakat terhadap \
pelayanan menjadi salah satu ukuran kinerja {kantor}.

Perbaikan memerlukan penilaian yang jujur dari penerima layanan, diikuti rencana aksi dan tindak \
lanjut yang dapat diperiksa. Laporan ini menyajikan hasil survei {periode} beserta tindak \
lanjutnya.""",
    "dasar_hukum": """\
Peraturan Menteri Pendayagunaan Aparatur Negara dan Reformasi Birokrasi Nomor 14 Tahun 2017 \
tanggal 9 Mei 2017 tentang Pedoman Penyusunan Survei Kepuasan Masyarakat Unit Penyelenggara \
Pelayanan Publik (Berita Negara Republik Indonesia Tahun 2017 Nomor 708).""",
    "tujuan": """\
1. Mengetahui tingkat kepuasan masyarakat atas pelayanan {kantor}.
2. Mengetahui unsur pelayanan yang perlu mendapat perhatian dalam peningkatan layanan.
3. Menjadi dasar tindak lanjut yang dilakukan untuk meningkatkan pelayanan.""",
    "manfaat": """\
1. Diketahui unsur pelayanan yang masih memerlukan perbaikan.
2. Diperoleh saran dan masukan dari penerima layanan {kantor}, sehingga peningkatan layanan \
menjadi lebih tepat.
3. Tersedia informasi perkembangan tindak lanjut atas hasil survei.""",
    "pelaksanaan": """\
Survei Kepuasan Masyarakat dilaksanakan di {kantor} dengan mengisi kuesioner setelah penerima \
layanan memperoleh pelayanan. Kuesioner dapat diisi melalui {kanal}. Pengisian dibuka sepanjang \
waktu dan hasilnya dilaporkan setiap bulan ({periode}).""",
    "hasil": """\
Hasil survei kepuasan masyarakat terhadap pelayanan {kantor} pada {periode} adalah sebagai \
berikut.""",
    "rencana": """\
{kalimat_saran}

Rencana aksi atas hasil survei dipantau dan dievaluasi setiap semester. Perkembangan, waktu, \
kendala, dan data dukung setiap rencana aksi disajikan dalam lampiran. {kalimat_rencana}""",
    "penutup": """\
{kalimat_mutu} Beberapa hal masih perlu diperbaiki dan menjadi perhatian {kantor}. Melalui survei, \
pemantauan, dan tindak lanjut, hal-hal tersebut diharapkan membaik.

Survei Kepuasan Masyarakat di {kantor} akan terus dilakukan secara berkelanjutan sebagai dasar \
penyempurnaan dan peningkatan kualitas pelayanan publik.""",
}


@dataclass(frozen=True)
class Wording:
    """The sections of one kind of report: titles, places and what the system writes itself."""

    sections: Mapping[str, str]
    placeholders: Mapping[str, str]
    defaults: Mapping[str, str]


WORDINGS = {
    "follow-up": Wording(SECTIONS, PLACEHOLDERS, DEFAULTS),
    "monthly": Wording(
        survey_wording.SECTIONS, survey_wording.PLACEHOLDERS, survey_wording.DEFAULTS
    ),
}


def check(text: str, kind: str = "follow-up") -> list[str]:
    """Sentences on what is wrong with a template; empty when it can be used."""
    known = WORDINGS[kind].placeholders
    found = re.findall(r"\{([^{}]*)\}", text)
    problems = [
        _("Tempat isian {%(name)s} tidak dikenal. Yang tersedia: %(known)s.")
        % {"name": name, "known": ", ".join(f"{{{one}}}" for one in known)}
        for name in found
        if name not in known
    ]
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)):
        problems.append(_("Ada kurung kurawal yang tidak berpasangan."))
    return problems


def fill(text: str, words: Mapping[str, str]) -> str:
    """The template with its places filled. Unknown places stay as they are."""
    return re.sub(r"\{([^{}]*)\}", lambda place: words.get(place[1], place[0]), text)
