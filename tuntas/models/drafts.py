"""Draft: what an edition says, as a plain value that is edited, checked and explained.

A draft knows no table. `Edition.change` writes it, `Edition.publish` asks it for its problems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tuntas.law.elements import ELEMENTS, MAX_ELEMENTS, REGULATION_ORDER, element
from tuntas.law.instruments import AGREEMENT, INSTRUMENTS, SKM
from tuntas.law.tally import MOST_SCORE
from tuntas.law.weights import WeightsDoNotSumToOne, check_own

MOST_QUESTIONS = 60  # characters of a stored response
LONGEST_TEXT, LONGEST_OPTION, LONGEST_ELEMENT = 400, 120, 40
LOCAL_OPTIONS = (2, 6)


class FeeQuestion(models.TextChoices):
    """How the edition treats element 4 (PermenPANRB 14/2017, Lampiran I, F note *)."""

    STANDARD = "standard", gettext_lazy("Pertanyaan biaya menurut peraturan")
    REPLACED = "replaced", gettext_lazy("Pertanyaan biaya diganti")
    OMITTED = "omitted", gettext_lazy("Unsur biaya tidak ditanyakan")


@dataclass(frozen=True)
class Problem:
    """Why a draft cannot be published; `key` is the question meant, None for the whole."""

    text: str
    key: int | None = None


@dataclass(frozen=True)
class DraftQuestion:
    """One question. `key` is that of its row, None while it is new.

    Of the index when it has an `element`; of another instrument when that is not "skm"; else local.
    """

    text: str
    options: tuple[str, ...]
    element: str = ""
    instrument: str = SKM
    statement: str = ""
    key: int | None = None

    @property
    def is_local(self) -> bool:
        return not self.element and self.instrument == SKM

    @property
    def place(self) -> str:
        """What the question measures, in words."""
        if self.instrument in INSTRUMENTS:
            instrument = INSTRUMENTS[self.instrument]
            return f"{instrument.code.upper()}: {instrument.statement(self.statement).name}"
        return element(self.element).name if self.element else _("Pertanyaan lokal")

    def problems(self) -> Iterator[str]:
        """What is wrong with the wording or the options."""
        if not self.text.strip():
            yield _("Tulis pertanyaannya.")
        if len(self.text) > LONGEST_TEXT:
            yield _("Pertanyaan %(n)s huruf; paling banyak %(most)s.") % {
                "n": len(self.text),
                "most": LONGEST_TEXT,
            }
        least, most = self.options_allowed
        if not least <= len(self.options) <= most:
            wanted = str(least) if least == most else f"{least}–{most}"
            yield _("Ada %(n)s pilihan jawaban; harus %(wanted)s.") % {
                "n": len(self.options),
                "wanted": wanted,
            }
        if any(not option.strip() for option in self.options):
            yield _("Ada pilihan jawaban yang kosong.")
        if any(len(option) > LONGEST_OPTION for option in self.options):
            yield _("Pilihan jawaban paling banyak %(most)s huruf.") % {"most": LONGEST_OPTION}
        if len({option.strip().casefold() for option in self.options}) < len(self.options):
            yield _("Pilihan jawaban harus berbeda satu sama lain.")

    @property
    def options_allowed(self) -> tuple[int, int]:
        if self.instrument in INSTRUMENTS:
            return len(AGREEMENT), len(AGREEMENT)
        return (MOST_SCORE, MOST_SCORE) if self.element else LOCAL_OPTIONS

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "options": list(self.options)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DraftQuestion:
        return cls(**{**data, "options": tuple(data["options"])})


@dataclass(frozen=True)
class Measure:
    """One line of "what this edition measures"; weight is exact, 0–1."""

    code: str
    name: str
    weight: Fraction | None
    questions: tuple[int, ...]  # numbers as the citizen sees them
    is_extra: bool = False

    @property
    def places(self) -> str:
        """The numbers in short: `1, 3, 10–17`."""
        runs: list[list[int]] = []
        for number in self.questions:
            if runs and number == runs[-1][-1] + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)


@dataclass(frozen=True)
class Draft:
    """The whole content of an edition; every edit gives a new one."""

    name: str
    questions: tuple[DraftQuestion, ...] = ()
    fee_question: str = FeeQuestion.STANDARD
    own_weights: Mapping[str, str] = field(default_factory=dict)

    # -- edits -----------------------------------------------------------------------------------

    def with_question(self, question: DraftQuestion) -> Draft:
        """Put in place of the one with the same key; a new one goes after the last of its kind."""
        if question.key is not None:
            same = (question if row.key == question.key else row for row in self.questions)
            return replace(self, questions=tuple(same))
        kin = [
            at
            for at, row in enumerate(self.questions)
            if (row.instrument, row.element) == (question.instrument, question.element)
        ]
        of_index = [at for at, row in enumerate(self.questions) if row.instrument == SKM]
        last = max(kin or of_index, default=len(self.questions) - 1)
        rows = [*self.questions]
        rows.insert(last + 1, question)
        return replace(self, questions=tuple(rows))

    def named(self, name: str) -> Draft:
        return replace(self, name=name)

    def without(self, key: int) -> Draft:
        return replace(self, questions=tuple(row for row in self.questions if row.key != key))

    def moved(self, key: int, step: int) -> Draft:
        """One place up (-1) or down (1); at the end nothing changes."""
        rows = [*self.questions]
        at = next((place for place, row in enumerate(rows) if row.key == key), None)
        if at is None or not 0 <= at + step < len(rows):
            return self
        rows[at], rows[at + step] = rows[at + step], rows[at]
        return replace(self, questions=tuple(rows))

    def with_fee(self, choice: str, question: DraftQuestion | None) -> Draft:
        """Treat the fee element as `choice` says; `question` is what is asked, None when omitted.

        Own weights go: they were made for other elements.
        """
        old = [at for at, row in enumerate(self.questions) if row.element == "fees"]
        rest = [row for row in self.questions if row.element != "fees"]
        if question is not None:
            before = (
                sum(1 for row in self.questions[: old[0]] if row.element != "fees") if old else 3
            )
            rest.insert(min(before, len(rest)), replace(question, element="fees", key=None))
        was_omitted, is_omitted = (
            kind == FeeQuestion.OMITTED for kind in (self.fee_question, choice)
        )
        weights = self.own_weights if was_omitted == is_omitted else {}
        return replace(self, questions=tuple(rest), fee_question=choice, own_weights=weights)

    def with_instrument(self, code: str, *, wanted: bool) -> Draft:
        """With all statements of SPKP or SPAK at the end, or without them."""
        rest = tuple(row for row in self.questions if row.instrument != code)
        if not wanted:
            return replace(self, questions=rest)
        added = tuple(
            DraftQuestion(row.text, AGREEMENT, instrument=code, statement=row.code)
            for row in INSTRUMENTS[code].statements
        )
        return replace(self, questions=rest + added)

    # -- what it measures ------------------------------------------------------------------------

    @property
    def element_codes(self) -> tuple[str, ...]:
        """Elements of the index: the regulation's nine first, in its order, then the extra ones."""
        return elements_asked(row.element for row in self.questions)

    @property
    def instruments(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r.instrument for r in self.questions if r.instrument != SKM))

    @property
    def weights(self) -> dict[str, Fraction]:
        """Weight of each element: own ones, else 1/n each."""
        if self.own_weights:
            return {code: Fraction(text) for code, text in self.own_weights.items()}
        codes = self.element_codes
        return dict.fromkeys(codes, Fraction(1, len(codes))) if codes else {}

    def numbers(self, *, element: str = "", instrument: str = SKM) -> tuple[int, ...]:
        """Numbers, from 1, of the questions of an element or of an instrument."""
        return tuple(
            number
            for number, row in enumerate(self.questions, start=1)
            if (row.element, row.instrument) == (element, instrument)
        )

    def measures(self) -> list[Measure]:
        """The elements with their weights and questions, then SPKP and SPAK, then local questions."""
        rows = [
            Measure(
                code,
                element(code).name,
                self.weights.get(code),
                self.numbers(element=code),
                code not in REGULATION_ORDER,
            )
            for code in self.element_codes
        ]
        rows += [
            Measure(code, INSTRUMENTS[code].name, None, self.numbers(instrument=code))
            for code in self.instruments
        ]
        local = self.numbers()
        return [*rows, Measure("", _("Pertanyaan lokal (di luar indeks)"), None, local)][
            : len(rows) + bool(local)
        ]

    def notes(self) -> list[str]:
        """Where the edition uses a freedom of the regulation, and where it departs from it."""
        found = []
        if self.fee_question == FeeQuestion.OMITTED:
            found.append(
                _(
                    "Unsur Biaya/Tarif tidak ditanyakan, sehingga delapan unsur berbobot sama 1/8 "
                    "(atau bobot sendiri). Ini menyimpang dari peraturan, yang hanya membolehkan "
                    "pertanyaannya diganti; setiap hasil memuat catatan ini."
                )
            )
        if self.fee_question == FeeQuestion.REPLACED:
            found.append(
                _(
                    "Pertanyaan biaya diganti. Peraturan membolehkannya bila menurut peraturan "
                    "perundangan biaya tidak dibebankan kepada penerima layanan (hlm. 9 catatan *)."
                )
            )
        extra = [code for code in self.element_codes if code not in REGULATION_ORDER]
        if extra:
            found.append(
                _("Unsur tambahan: %(names)s. Peraturan membolehkannya (hlm. 19 huruf a).")
                % {"names": ", ".join(element(code).name for code in extra)}
            )
        if self.own_weights:
            found.append(
                _("Bobot sendiri, berjumlah tepat 1. Peraturan membolehkannya (hlm. 19 huruf b).")
            )
        if self.instruments:
            found.append(
                _(
                    "SPKP dan SPAK memakai skala 1–6 dan dihitung tersendiri (SE Menteri PANRB "
                    "04/2023); keduanya tidak masuk IKM."
                )
            )
        return found

    # -- checks before publishing ----------------------------------------------------------------

    def problems(self) -> list[Problem]:
        """Everything that keeps the draft from being published; empty when it is ready."""
        found = [Problem(text) for text in (*self.lacks(), *self.weight_problems())]
        for number, row in enumerate(self.questions, start=1):
            found += [
                Problem(
                    _("Pertanyaan %(number)s: %(text)s") % {"number": number, "text": text}, row.key
                )
                for text in row.problems()
            ]
        return found

    def lacks(self) -> Iterator[str]:
        """Problems of the whole: name, elements, numbers of questions, complete instruments."""
        if not self.name.strip():
            yield _("Beri nama kuesioner.")
        is_omitted = self.fee_question == FeeQuestion.OMITTED
        for law in ELEMENTS:
            if law.code in self.element_codes or (law.code == "fees" and is_omitted):
                continue
            yield _("Unsur %(name)s belum memiliki pertanyaan.") % {"name": law.name}
        if is_omitted and "fees" in self.element_codes:
            yield _("Unsur biaya dinyatakan tidak ditanyakan, tetapi masih ada pertanyaannya.")
        if len(self.element_codes) > MAX_ELEMENTS:
            yield _("Ada %(n)s unsur; paling banyak %(most)s.") % {
                "n": len(self.element_codes),
                "most": MAX_ELEMENTS,
            }
        if len(self.questions) > MOST_QUESTIONS:
            yield _("Ada %(n)s pertanyaan; paling banyak %(most)s.") % {
                "n": len(self.questions),
                "most": MOST_QUESTIONS,
            }
        for code in self.instruments:
            asked = Counter(r.statement for r in self.questions if r.instrument == code)
            if asked != Counter(INSTRUMENTS[code].codes):
                yield _("%(name)s harus memuat setiap pernyataannya tepat sekali.") % {
                    "name": INSTRUMENTS[code].name
                }

    def weight_problems(self) -> Iterator[str]:
        if not self.own_weights:
            return
        try:
            check_own(self.element_codes, self.weights)
        except WeightsDoNotSumToOne as error:
            if set(self.own_weights) != set(self.element_codes):
                yield _("Bobot sendiri tidak lagi sesuai dengan unsurnya. Isi kembali bobotnya.")
            else:
                yield _("Jumlah bobot %(total)s; harus tepat 1.") % {"total": error.total}

    # -- storing ---------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        rows = [row.to_json() for row in self.questions]
        return {**vars(self), "own_weights": dict(self.own_weights), "questions": rows}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Draft:
        rows = tuple(DraftQuestion.from_json(row) for row in data["questions"])
        return cls(**{**data, "questions": rows})


def elements_asked(codes: Iterable[str]) -> tuple[str, ...]:
    """Each element once, without the empty code of a question that has none: the regulation's nine
    first, in its order, then the extra ones in the order in which they are asked."""
    present = dict.fromkeys(code for code in codes if code)
    known = [code for code in REGULATION_ORDER if code in present]
    return tuple(known + [code for code in present if code not in REGULATION_ORDER])


def element_code(name: str) -> str:
    """Code of an office's own element, from which its name is written again; "" for no letters."""
    return slugify(name).replace("-", "_")[:LONGEST_ELEMENT].strip("_")
