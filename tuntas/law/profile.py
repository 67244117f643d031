"""Profile of a respondent as a compact text: one character per question, in a fixed order.

"-" means not filled in. Nothing here identifies a person. Choices unite those of the regulation's
questionnaire (p. 27) and of the 16-question form.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = "-"


class BadProfile(ValueError):
    """A profile text with an unknown character; the message names the question."""


@dataclass(frozen=True)
class ProfileQuestion:
    """A question of the profile; `choices` are (character, label) pairs."""

    code: str
    label: str
    choices: tuple[tuple[str, str], ...]


SEX = ProfileQuestion("sex", "Jenis kelamin", (("L", "Laki-laki"), ("P", "Perempuan")))
AGE = ProfileQuestion(
    "age",
    "Usia",
    (
        ("1", "Di bawah 17 tahun"),
        ("2", "17–25 tahun"),
        ("3", "26–34 tahun"),
        ("4", "35–44 tahun"),
        ("5", "45–54 tahun"),
        ("6", "55–65 tahun"),
        ("7", "Di atas 65 tahun"),
    ),
)
EDUCATION = ProfileQuestion(
    "education",
    "Pendidikan terakhir",
    (
        ("0", "Tidak sekolah"),
        ("1", "SD"),
        ("2", "SMP"),
        ("3", "SMA"),
        ("4", "D1/D2/D3"),
        ("5", "D4/S1"),
        ("6", "S2"),
        ("7", "S3"),
    ),
)
OCCUPATION = ProfileQuestion(
    "occupation",
    "Pekerjaan utama",
    (
        ("a", "ASN (PNS/PPPK)"),
        ("b", "TNI"),
        ("c", "Polri"),
        ("d", "Pegawai swasta"),
        ("e", "Wirausaha"),
        ("f", "Ibu rumah tangga"),
        ("g", "Pelajar/mahasiswa"),
        ("h", "Petani/nelayan"),
        ("i", "Pekerja lepas"),
        ("j", "Pensiunan"),
        ("z", "Lainnya"),
    ),
)
PROFILE: tuple[ProfileQuestion, ...] = (SEX, AGE, EDUCATION, OCCUPATION)

# Upper age of each band but the last.
AGE_BANDS = ((16, "1"), (25, "2"), (34, "3"), (44, "4"), (54, "5"), (65, "6"))
# The publication format of Lampiran IV knows SD, SMP, SMA, DIII, S1 and S2 only.
PUBLISHED_EDUCATION = {
    "1": "SD",
    "2": "SMP",
    "3": "SMA",
    "4": "DIII",
    "5": "S1",
    "6": "S2",
    "7": "S2",
}


def encode(values: dict[str, str]) -> str:
    """Profile text of {question code: character}; questions left out are not filled in."""
    return "".join(values.get(question.code) or UNKNOWN for question in PROFILE)


def age_band(years: int) -> str:
    """Character of the age band. Raises BadProfile outside 5–120."""
    if not 5 <= years <= 120:
        raise BadProfile(f"usia {years} tidak mungkin")
    return next((band for most, band in AGE_BANDS if years <= most), "7")


def check_profile(profile: str) -> None:
    """Raise BadProfile unless the text is empty or holds one known character per question."""
    if not profile:
        return
    if len(profile) != len(PROFILE):
        raise BadProfile(f"profil harus {len(PROFILE)} huruf")
    for question, character in zip(PROFILE, profile, strict=True):
        if character != UNKNOWN and character not in dict(question.choices):
            raise BadProfile(f"{question.label}: pilihan {character!r} tidak dikenal")
