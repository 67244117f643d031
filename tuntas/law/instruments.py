"""The two surveys of an integrity zone beside the SKM: SPKP (service quality) and SPAK (corruption).

Surat Edaran Menteri PANRB Nomor 04 Tahun 2023, 15 February 2023: eight and five statements, rated
from 1 to 6; the results, IPKP and IPAK, are stated on a scale of 4. How 6 becomes 4 is not said:
mean / 6 x 4 is our reading, the only one in which a full score stays a full score. Whether the
circular was issued again for later years could not be confirmed. The statements carry its subjects;
the sentences and the words of the six answers are ours.

They never enter the SKM index: another scale, another purpose. PURE.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from tuntas.law.citation import Citation

SE04 = Citation(
    "Surat Edaran Menteri PANRB Nomor 04 Tahun 2023",
    "huruf E angka 2 dan contoh formulir survei",
    date(2023, 2, 15),
)
SKM = "skm"
MOST_STARS = 6
STATED_ON = 4
# "nilai rata-rata paling sedikit 3 (tiga) bulan terakhir" before an office is proposed.
LEAST_MONTHS = 3
AGREEMENT = (
    "Sangat tidak setuju",
    "Tidak setuju",
    "Kurang setuju",
    "Cukup setuju",
    "Setuju",
    "Sangat setuju",
)


@dataclass(frozen=True)
class Statement:
    """One statement of an instrument, rated 1 (worst) to 6 (best)."""

    code: str
    name: str
    text: str


@dataclass(frozen=True)
class Instrument:
    """A survey of its own beside the SKM; `index_name` is what its result is called."""

    code: str
    name: str
    index_name: str
    statements: tuple[Statement, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(statement.code for statement in self.statements)

    def statement(self, code: str) -> Statement:
        """Raises KeyError."""
        return {statement.code: statement for statement in self.statements}[code]


SPKP = Instrument(
    "spkp",
    "Survei Persepsi Kualitas Pelayanan (SPKP)",
    "IPKP",
    (
        Statement(
            "information",
            "Informasi pelayanan",
            "Informasi pelayanan tersedia melalui media elektronik maupun nonelektronik.",
        ),
        Statement(
            "requirements",
            "Persyaratan",
            "Persyaratan yang diminta sesuai dengan yang diumumkan.",
        ),
        Statement("procedures", "Prosedur/alur", "Prosedur/alur pelayanan mudah diikuti."),
        Statement(
            "completion_time",
            "Jangka waktu",
            "Jangka waktu penyelesaian sesuai dengan yang ditetapkan.",
        ),
        Statement("fees", "Tarif/biaya", "Tarif/biaya sesuai dengan yang ditetapkan."),
        Statement(
            "facilities",
            "Sarana prasarana/sistem online",
            "Sarana prasarana atau sistem online nyaman dan mudah digunakan.",
        ),
        Statement(
            "responsiveness",
            "Respons petugas/sistem",
            "Petugas atau sistem online merespons keperluan saya dengan cepat.",
        ),
        Statement(
            "consultation",
            "Konsultasi dan pengaduan",
            "Layanan konsultasi dan pengaduan mudah diakses.",
        ),
    ),
)
SPAK = Instrument(
    "spak",
    "Survei Persepsi Anti Korupsi (SPAK)",
    "IPAK",
    (
        Statement(
            "no_discrimination",
            "Tidak ada diskriminasi",
            "Tidak ada diskriminasi dalam pelayanan.",
        ),
        Statement(
            "no_irregularity",
            "Tidak ada pelayanan di luar prosedur/kecurangan",
            "Tidak ada pelayanan di luar prosedur atau kecurangan.",
        ),
        Statement(
            "no_gratuity",
            "Tidak ada penerimaan imbalan di luar ketentuan",
            "Tidak ada penerimaan imbalan uang, barang, atau fasilitas di luar ketentuan.",
        ),
        Statement(
            "no_extortion", "Tidak ada pungli", "Tidak ada pungutan liar (pungli) dalam pelayanan."
        ),
        Statement(
            "no_brokers",
            "Tidak ada percaloan",
            "Tidak ada percaloan/perantara tidak resmi dalam pelayanan.",
        ),
    ),
)
INSTRUMENTS: dict[str, Instrument] = {instrument.code: instrument for instrument in (SPKP, SPAK)}
Stars = Mapping[int, int]
# (instrument, statement) of a question, None for one of the SKM or a local one.
Place = tuple[str, str] | None


@dataclass(frozen=True)
class InstrumentTally:
    """Counts of one instrument. n: respondents who rated at least one statement; statements: for
    each, how many respondents gave which of 1–6."""

    n: int = 0
    statements: Mapping[str, Stars] = field(default_factory=dict)

    @classmethod
    def sum(cls, tallies: Iterable[InstrumentTally]) -> InstrumentTally:
        n, statements = 0, dict[str, Counter[int]]()
        for tally in tallies:
            n += tally.n
            for code, stars in tally.statements.items():
                statements.setdefault(code, Counter()).update(stars)
        return cls(n, statements)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; stars are keys from "1" to "6", in rising order."""
        rows = {
            code: {str(star): stars[star] for star in sorted(stars) if stars[star]}
            for code, stars in self.statements.items()
        }
        return {"n": self.n, "statements": rows}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InstrumentTally:
        return cls(
            int(data["n"]),
            {
                code: Counter({int(star): int(times) for star, times in stars.items()})
                for code, stars in data["statements"].items()
            },
        )


def pooled(parts: Iterable[Mapping[str, InstrumentTally]]) -> dict[str, InstrumentTally]:
    """The tallies of each instrument added up."""
    found: dict[str, list[InstrumentTally]] = {}
    for part in parts:
        for code, tally in part.items():
            found.setdefault(code, []).append(tally)
    return {code: InstrumentTally.sum(tallies) for code, tallies in found.items()}


def count_instruments(blob: bytes, places: tuple[Place, ...]) -> dict[str, InstrumentTally]:
    """Tally of each instrument in answer strings of one character per place, one after the other."""
    width, found = len(places), dict[str, dict[str, bytes]]()
    for at, place in enumerate(places):
        if place is not None:
            found.setdefault(place[0], {})[place[1]] = blob[at::width]
    return {code: count_columns(columns) for code, columns in found.items()}


def count_columns(columns: Mapping[str, bytes]) -> InstrumentTally:
    """Tally of one instrument from its columns of digits; "0" is a statement left out."""
    statements = {}
    for code, column in columns.items():
        counts = {star: column.count(b"%d" % star) for star in range(1, MOST_STARS + 1)}
        statements[code] = Counter({star: times for star, times in counts.items() if times})
    rows = list(columns.values())
    if any(b"0" not in column for column in rows):
        return InstrumentTally(len(rows[0]), statements)
    unrated = sum(1 for row in zip(*rows, strict=True) if set(row) == {ord("0")})
    return InstrumentTally(len(rows[0]) - unrated, statements)


@dataclass(frozen=True)
class StatementResult:
    """One statement: mean in 1–6 and the same on the scale of 4; None when nobody rated it."""

    code: str
    name: str
    n: int
    mean: Fraction | None
    index_value: Fraction | None


@dataclass(frozen=True)
class InstrumentResult:
    """IPKP or IPAK, exact. mean: 1–6; index_value: mean / 6 x 4, hence 0,67–4."""

    code: str
    name: str  # IPKP or IPAK
    n: int
    mean: Fraction
    index_value: Fraction
    statements: tuple[StatementResult, ...]


def on_scale_of_4(mean: Fraction) -> Fraction:
    return mean / MOST_STARS * STATED_ON


def compute(code: str, tally: InstrumentTally) -> InstrumentResult | None:
    """The mean over the statements that were rated, each weighing the same; None without any.

    A statement a respondent left out leaves that statement's denominator, as in the SKM.
    Raises KeyError for an unknown instrument.
    """
    instrument = INSTRUMENTS[code]
    rows = tuple(
        statement_result(statement, tally.statements.get(statement.code, {}))
        for statement in instrument.statements
    )
    means = [row.mean for row in rows if row.mean is not None]
    if not means:
        return None
    mean = sum(means, Fraction(0)) / len(means)
    return InstrumentResult(code, instrument.index_name, tally.n, mean, on_scale_of_4(mean), rows)


def results_of(pooled: Mapping[str, InstrumentTally]) -> tuple[InstrumentResult, ...]:
    """The result of each instrument that somebody rated, in the order of INSTRUMENTS."""
    computed = (compute(code, pooled[code]) for code in INSTRUMENTS if code in pooled)
    return tuple(result for result in computed if result)


def statement_result(statement: Statement, stars: Stars) -> StatementResult:
    n = sum(stars.values())
    if n == 0:
        return StatementResult(statement.code, statement.name, 0, None, None)
    mean = Fraction(sum(star * times for star, times in stars.items()), n)
    return StatementResult(statement.code, statement.name, n, mean, on_scale_of_4(mean))
