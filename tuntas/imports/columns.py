"""What the columns of a spreadsheet mean: recognised by name, confirmed by a person.

A meaning is a short text: `q3` (question 3 of the edition), `u8` (an element known by number only),
`date`, `suggestion`, `identity`, a profile question's code, or nothing (the column is left out).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from tuntas.imports.table import BadFile, OrderUnclear
from tuntas.imports.words import plain
from tuntas.law.elements import ELEMENTS, QUESTIONNAIRE_ORDER, REGULATION_ORDER
from tuntas.law.profile import PROFILE
from tuntas.models import Edition, Question, Service

ORDERS = {"regulation": REGULATION_ORDER, "questionnaire": QUESTIONNAIRE_ORDER}
HEADER_WITHIN = 15
MOST_COLUMNS = 150
DATE, TEXT, IDENTITY, IGNORED = "date", "suggestion", "identity", ""
PROFILE_CODES = tuple(question.code for question in PROFILE)
LIKE_ENOUGH = 0.65  # of a column's wording to a question's, without the words all questions share

# Columns that identify a person: read past, never stored, and named in the result.
IDENTITY_WORDS = re.compile(
    r"\b(nama|name|nik|nip|ktp|no_?hp|e-?mail|surel|alamat|address|telepon|telp|notelp|phone"
    r"|hp|handphone|ponsel|whatsapp|wa|lahir|rekening)\b"
)
NUMBERING = re.compile(
    r"^\s*[0-9]{1,2}\s*[.)]\s+"
)  # forms number their questions: "3. Bagaimana …"
DATE_WORDS = re.compile(
    r"(tanggal|tgl|timestamp|stempel waktu|cap waktu|date|waktu)\b"
    r"( (survei|survey|pengisian|isi|jam|kirim))*"
)
TEXT_WORDS = re.compile(r"\b(saran|kritik|masukan|komentar)\b")
PROFILE_WORDS = (
    ("sex", ("jeniskelamin", "sex", "gender")),
    ("age", ("usia", "umur")),
    ("education", ("pendidikan",)),
    ("occupation", ("pekerjaan",)),
)
# Words that nearly every question of such a form has, and which therefore tell nothing.
SHARED_WORDS = frozenset(
    [
        "bagaimana",
        "pendapat",
        "penilaian",
        "pemahaman",
        "saudara",
        "anda",
        "bapak",
        "ibu",
        "tentang",
        "terhadap",
        "mengenai",
        "apakah",
        "menurut",
        "pelayanan",
        "layanan",
        "dalam",
        "di",
        "yang",
        "dengan",
        "dan",
        "untuk",
        "unit",
        "ini",
        "kami",
        "memberikan",
        "diberikan",
        "terkait",
        "atas",
        "dari",
    ]
)


@dataclass(frozen=True)
class Header:
    """The row of names and what each column was taken for. `line` counts from 0.

    `similar` holds the columns whose wording only resembles the question, with the likeness in
    percent: somebody has to confirm them.
    """

    line: int
    names: tuple[str, ...]
    meanings: tuple[str, ...]
    similar: Mapping[int, int]

    @property
    def questions(self) -> int:
        return sum(bool(re.fullmatch(r"[qu]\d+", meaning)) for meaning in self.meanings)


@dataclass(frozen=True)
class Columns:
    """Where what stands: question position -> column, and the other columns by meaning."""

    header_line: int
    names: tuple[str, ...]
    questions: Mapping[int, int]
    profile: Mapping[str, int]
    day: int | None
    text: int | None
    identity: tuple[int, ...]
    ignored: tuple[int, ...]


def find_columns(
    rows: Sequence[list[Any]], service: Service, order: str | None, names: Mapping[str, str]
) -> Columns:
    """Find the header and its columns without asking. `names` maps a file's names to ours.

    Raises OrderUnclear when the elements are only numbered, BadFile when there are none or when a
    column only resembles a question.
    """
    header = recognise(rows, service.edition, names)
    if header is None or not header.questions:
        raise BadFile(
            "Kolom nilai tidak ditemukan. Beri nama kolom u1–u9, Unsur 1–9, nama unsur, teks "
            f"pertanyaan, atau q1–q16 pada salah satu dari {HEADER_WITHIN} baris pertama."
        )
    if header.similar:
        guesses = ", ".join(
            f'"{header.names[place]}": "{header.meanings[place]}"' for place in header.similar
        )
        raise BadFile(
            "Kolom berikut hanya mirip dengan pertanyaan kuesioner. Periksa, lalu simpan sebagai "
            f"berkas JSON dan ulangi dengan --map: {{{guesses}}}"
        )
    return resolve(header, header.meanings, service.edition, order)


def recognise(
    rows: Sequence[list[Any]], edition: Edition, names: Mapping[str, str] | None = None
) -> Header | None:
    """The header among the first rows: the first one with questions, else the first with names.

    None when there is no name at all.
    """
    given = names or {}
    headers = [
        read_header(line, row, edition, given)
        for line, row in enumerate(rows[:HEADER_WITHIN])
        if any(str(cell).strip() for cell in row if cell is not None)
    ]
    for header in headers:
        if header.questions:
            return with_similar(header, edition)
    likened = (with_similar(header, edition) for header in headers)
    return next(
        (header for header in likened if header.questions > 1), headers[0] if headers else None
    )


def read_header(line: int, row: list[Any], edition: Edition, given: Mapping[str, str]) -> Header:
    """What each name of a row says by itself."""
    names = tuple("" if cell is None else str(cell).strip() for cell in row)
    if len(names) > MOST_COLUMNS and any(names[MOST_COLUMNS:]):
        raise BadFile(f"Berkas memiliki lebih dari {MOST_COLUMNS} kolom. Hapus yang tidak perlu.")
    words = [given.get(name, name) for name in names]
    by_question = question_columns([plain(NUMBERING.sub("", word)) for word in words], edition)
    meanings: list[str] = []
    for place, word in enumerate(words):
        meaning = by_question.get(place) or other_meaning(word)
        once = meaning not in (IDENTITY, IGNORED)
        meanings.append(IGNORED if once and meaning in meanings else meaning)
    return Header(line, names, tuple(meanings), {})


def question_columns(header: list[str], edition: Edition) -> dict[int, str]:
    """Meaning of each column that names a question, by number, element or wording."""
    by_number = numbered_columns(header, len(edition.question_list))
    if any(map(is_numbered, by_number.values())):
        return by_number
    known = names_of_questions(edition)
    named = {
        place: known[name]
        for place, name in enumerate(header)
        if name in known and known[name] not in by_number.values()
    }
    return by_number | named if by_number or len(named) > 1 else {}


def numbered_columns(header: list[str], asked: int) -> dict[int, str]:
    """Columns such as `u8` and `Unsur 8` (an element, of nine) or `q8` and `Pertanyaan 8`."""
    found = {
        place: match
        for place, name in enumerate(header)
        if (match := re.fullmatch(r"(u|unsur|q|p|pertanyaan)([0-9]{1,2})", name))
    }
    is_question = asked > 9 or any(match[1] not in ("u", "unsur") for match in found.values())
    return {
        place: f"{'q' if is_question else 'u'}{int(match[2])}"
        for place, match in found.items()
        if 1 <= int(match[2]) <= asked
    }


def names_of_questions(edition: Edition) -> dict[str, str]:
    """Everything a column of one question may be called, as plain text."""
    elements = {row.code: row for row in ELEMENTS}
    asked = [question.element for question in edition.question_list]
    known: dict[str, str] = {}
    for question in edition.question_list:
        texts = [question.text]
        if question.element and asked.count(question.element) == 1:
            row = elements.get(question.element)
            texts += [question.element, *((row.name, row.short_name) if row else ())]
        known |= {plain(text): f"q{question.position}" for text in texts}
    return known


def other_meaning(name: str) -> str:
    text = " ".join(re.sub(r"[^a-z0-9_-]+", " ", name.lower()).split())
    flat = plain(name)
    if text in PROFILE_CODES or text in (DATE, TEXT, IDENTITY):
        return text
    if IDENTITY_WORDS.search(text) or flat in ("nohp", "nomorhp", "emailaddress", "namaresponden"):
        return IDENTITY
    if DATE_WORDS.fullmatch(text) or flat in ("capwaktu", "stempelwaktu"):
        return DATE
    if TEXT_WORDS.search(text) or flat in ("saranmasukan", "kritiksaran"):
        return TEXT
    starts = (code for code, words in PROFILE_WORDS if flat.startswith(words))
    return next(starts, IGNORED)


# -- wording that only resembles a question ------------------------------------------------------


def with_similar(header: Header, edition: Edition) -> Header:
    """The same with columns whose wording resembles a question that has no column yet."""
    taken = set(header.meanings)
    if any(meaning.startswith("u") for meaning in taken):
        return header
    open_questions = [q for q in edition.question_list if f"q{q.position}" not in taken]
    places = [
        place
        for place, meaning in enumerate(header.meanings)
        if meaning in (IGNORED, TEXT) and len(header.names[place].split()) > 1
    ]
    pairs = sorted(likenesses(header.names, places, open_questions), reverse=True)
    meanings, similar = list(header.meanings), dict[int, int]()
    for ratio, place, position in pairs:
        if place not in similar and f"q{position}" not in meanings:
            meanings[place], similar[place] = f"q{position}", int(ratio * 100)
    return Header(header.line, header.names, tuple(meanings), similar)


def likenesses(
    names: Sequence[str], places: Iterable[int], questions: Iterable[Question]
) -> list[tuple[float, int, int]]:
    """(likeness, column, question) of every pair that is alike enough."""
    found = []
    wanted = [(question.position, essence(question.text)) for question in questions]
    for place in places:
        matcher = SequenceMatcher(None, autojunk=False)
        matcher.set_seq2(essence(names[place]))
        for position, text in wanted:
            matcher.set_seq1(text)
            if matcher.real_quick_ratio() >= LIKE_ENOUGH and matcher.quick_ratio() >= LIKE_ENOUGH:
                ratio = matcher.ratio()
                if ratio >= LIKE_ENOUGH:
                    found.append((ratio, place, position))
    return found


def essence(text: str) -> str:
    """The words that tell one question from another. A grid's column carries its row in [ ]."""
    row = re.search(r"\[([^\[\]]+)\]\s*$", text)
    words = re.findall(r"[a-z]+", (row[1] if row else text).lower())
    return " ".join([word for word in words if word not in SHARED_WORDS] or words)[:160]


# -- from meanings to places ---------------------------------------------------------------------


def resolve(
    header: Header, meanings: Sequence[str], edition: Edition, order: str | None
) -> Columns:
    """The columns as a person confirmed them. Raises OrderUnclear, or BadFile for a gap or a double."""
    places: dict[str, int] = {}
    for place, meaning in enumerate(settle(meanings, edition, order)):
        if meaning in (IDENTITY, IGNORED) or not header.names[place : place + 1]:
            continue
        if meaning in places:
            raise BadFile(
                f"Dua kolom mendapat arti yang sama: {header.names[places[meaning]]!r} dan "
                f"{header.names[place]!r}. Pilih salah satu."
            )
        places[meaning] = place
    asked = len(edition.question_list)
    missing = [str(n) for n in range(1, asked + 1) if f"q{n}" not in places]
    if missing:
        raise BadFile(
            f"Kolom nilai tidak lengkap untuk kuesioner {asked} pertanyaan layanan ini: "
            f"pertanyaan {', '.join(missing)} tidak ada."
        )
    named = [place for place, name in enumerate(header.names) if name]
    return Columns(
        header_line=header.line,
        names=header.names,
        questions={n: places[f"q{n}"] for n in range(1, asked + 1)},
        profile={code: places[code] for code in PROFILE_CODES if code in places},
        day=places.get(DATE),
        text=places.get(TEXT),
        identity=tuple(place for place in named if meanings[place] == IDENTITY),
        ignored=tuple(place for place in named if meanings[place] == IGNORED),
    )


def settle(meanings: Sequence[str], edition: Edition, order: str | None) -> list[str]:
    """Element numbers turned into questions by the chosen order. Raises OrderUnclear."""
    if not needs_order(meanings):
        return list(meanings)
    if order not in ORDERS:
        raise OrderUnclear(
            "Kolom bernomor 1–9: urutan unsur 8 dan 9 tidak jelas. Dalam daftar unsur "
            "PermenPANRB 14/2017 unsur 8 adalah pengaduan dan 9 sarana; dalam kuesionernya "
            "pertanyaan 8 adalah sarana dan 9 pengaduan. Ulangi dengan --order regulation "
            "(8 = pengaduan) atau --order questionnaire (8 = sarana)."
        )
    positions = {question.element: question.position for question in edition.question_list}
    settled = []
    for meaning in meanings:
        element = ORDERS[order][int(meaning[1:]) - 1] if is_numbered(meaning) else ""
        settled.append(f"q{positions.get(element, 0)}" if element else meaning)
    return settled


def is_numbered(meaning: str) -> bool:
    return bool(re.fullmatch("u[1-9]", meaning))


def needs_order(meanings: Iterable[str]) -> bool:
    """Whether an element is known by its number only."""
    return any(map(is_numbered, meanings))
