"""What answers and respondents' profiles are called in spreadsheets."""

from __future__ import annotations

import re

from tuntas.law.profile import EDUCATION, OCCUPATION, PROFILE, SEX, UNKNOWN, age_band
from tuntas.models import Question


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


# The scale of PermenPANRB 14/2017, p. 16, which any question may be answered in.
GENERAL_SCALE = {"tidakbaik": 1, "kurangbaik": 2, "baik": 3, "sangatbaik": 4}
NUMBER_FIRST = re.compile(r"([1-9a-dA-D])\s*[-–—.:)=]\s*([^\W\d_].*)", re.S)
NUMBER_LAST = re.compile(r"(\S.*?)\s*[(\[]\s*([1-9])\s*[)\]]", re.S)
NUMBER = re.compile(r"[0-9]{1,3}(?:[.,]0+)?")
YEARS = re.compile(r"([0-9]{1,4})\s*(?:th|thn|tahun)?\.?", re.I)


class Options:
    """Reads the answers to one question: `3`, `Sesuai`, `3 - Sesuai`, `Sesuai (3)`, `c. Sesuai`."""

    def __init__(self, question: Question) -> None:
        self.most = len(question.options)
        self.words = {plain(label): score for score, label in question.scored_options}
        if self.most == len(GENERAL_SCALE):
            self.words = GENERAL_SCALE | self.words
        self.seen: dict[str, int] = {}

    def score(self, text: str) -> int:
        """0 for a blank, else the score. Raises ValueError with the reason in words."""
        if text not in self.seen:
            self.seen[text] = self.read(text)
        return self.seen[text]

    def read(self, text: str) -> int:
        if text in ("", "-"):
            return 0
        if plain(text) in self.words:
            return self.words[plain(text)]
        if NUMBER.fullmatch(text):
            return self.within(int(re.split("[.,]", text)[0]))
        if re.fullmatch("[a-dA-D]", text):
            return self.within("abcd".index(text.lower()) + 1)
        both = NUMBER_FIRST.fullmatch(text)
        mark, word = both.groups() if both else (None, None)
        if both is None and (both := NUMBER_LAST.fullmatch(text)):
            word, mark = both.groups()
        if mark is None or word is None:
            raise ValueError(f"nilai harus 1–{self.most}, salah satu kata pilihannya, atau kosong")
        score = self.within("abcd".index(mark.lower()) + 1 if mark.isalpha() else int(mark))
        if plain(word) not in self.words:
            raise ValueError("kata di samping angkanya bukan pilihan pertanyaan ini")
        if self.words[plain(word)] != score:
            raise ValueError("angka dan katanya tidak cocok")
        return score

    def within(self, score: int) -> int:
        if not 1 <= score <= self.most:
            raise ValueError(f"nilai harus 1–{self.most} atau kosong")
        return score


def profile_mark(code: str, text: str) -> str:
    """Mark of a profile answer; a word we do not know counts as not filled in.

    Raises BadProfile for an impossible age.
    """
    years = YEARS.fullmatch(text) if code == "age" else None
    if years:
        return age_band(int(years[1]))
    return PROFILE_WORDS.get((code, plain(text)), UNKNOWN)
