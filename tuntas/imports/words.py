"""What respondents' profiles are called in spreadsheets."""

from __future__ import annotations

import re

from tuntas.law.profile import EDUCATION, OCCUPATION, PROFILE, SEX


def plain(name: object) -> str:
    """A column name without case, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


# Other spellings than our own labels.
SPELLINGS = {
    SEX.code: {
        "l": "L",
        "lakilaki": "L",
        "pria": "L",
        "p": "P",
        "perempuan": "P",
        "wanita": "P",
    },
    EDUCATION.code: {
        "sd": "1",
        "sdsederajat": "1",
        "smp": "2",
        "smpsederajat": "2",
        "sma": "3",
        "smk": "3",
        "smasederajat": "3",
        "slta": "3",
        "d1": "4",
        "d2": "4",
        "d3": "4",
        "diii": "4",
        "d1d2d3": "4",
        "d4": "5",
        "s1": "5",
        "s1setara": "5",
        "d4s1": "5",
        "s2": "6",
        "s2setara": "6",
        "s3": "7",
    },
    OCCUPATION.code: {
        "pns": "a",
        "asn": "a",
        "pppk": "a",
        "tni": "b",
        "polri": "c",
        "swasta": "d",
        "karyawanswasta": "d",
        "wirausaha": "e",
        "wiraswasta": "e",
        "pelajar": "g",
        "mahasiswa": "g",
        "petani": "h",
        "nelayan": "h",
        "pensiunan": "j",
        "lainnya": "z",
    },
}

PROFILE_WORDS: dict[tuple[str, str], str] = {
    (question.code, plain(label)): character
    for question in PROFILE
    for character, label in question.choices
} | {(code, word): mark for code, row in SPELLINGS.items() for word, mark in row.items()}
