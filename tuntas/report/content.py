"""What a document says, before it has a look: frozen, JSON-ready, every number already text.

`asdict` of these classes is what a Report row keeps and what both renderers read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Block:
    """A piece of running text. kind: p (one item), ol, ul, h (a small heading), table (rows, first
    row is the head).

    `start` is the first number of an ol. In items, *words* between asterisks are emphasised;
    web addresses become links. Nothing else has a meaning.
    """

    kind: str
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    start: int = 1
    note: str = ""
    widths: tuple[float, ...] = ()  # of a table of texts, in cm: its cells stand at the left


@dataclass(frozen=True)
class Grid(Block):
    """A captioned table as wide as the page, its head repeated on every page.

    `rows`: the first is the head. `widths` in cm. `aligns`: one letter per column, l, c or r.
    `strong`: places of rows (0 is the head) printed bold.
    """

    kind: str = "grid"
    caption: str = ""
    aligns: str = ""
    strong: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figure(Block):
    """A captioned chart: `svg` complete with its own style, `alt` what it shows in words."""

    kind: str = "figure"
    caption: str = ""
    svg: str = ""
    alt: str = ""
    width: float = 15.0  # cm


@dataclass(frozen=True)
class Part:
    """One annex: title, then blocks."""

    number: str  # Lampiran 1
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """Lettered or numbered section of a chapter; an empty title means the chapter has only this one."""

    letter: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Chapter:
    number: str  # BAB I
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Signature:
    place_and_date: str
    title_lines: tuple[str, ...]
    anchor: str
    name: str
    employee_id: str = ""


@dataclass(frozen=True)
class RankedSignature(Signature):
    """With the signatory's rank (pangkat/golongan) under the name."""

    rank: str = ""


@dataclass(frozen=True)
class PlanFigures:
    """A plan's dates (ISO, empty when unknown) and months, for the spreadsheet."""

    survey: str
    start: str
    end: str
    due: str
    lead_months: int | None


@dataclass(frozen=True)
class MonitoringRow:
    """One action plan: columns three to nine of the nine-column table."""

    survey: str
    action: tuple[Block, ...]
    status: str
    progress: tuple[Block, ...]
    period: str
    lead_time: str
    obstacles: tuple[Block, ...]
    evidence: tuple[str, ...]
    note: str = ""  # "Lanjutan dari SMT I 2023"
    figures: PlanFigures | None = None


@dataclass(frozen=True)
class MonitoringGroup:
    """The plans of one unit; number and unit are printed once."""

    number: str
    unit: str
    rows: tuple[MonitoringRow, ...]


@dataclass(frozen=True)
class Annex:
    title_lines: tuple[str, ...]
    columns: tuple[str, ...]
    groups: tuple[MonitoringGroup, ...]
    empty: str


@dataclass(frozen=True)
class FollowUpReport:
    """Semester follow-up report: cover, three chapters, signature, monitoring annex."""

    office: str
    title_lines: tuple[str, ...]
    period: str
    city: str
    year: str
    chapters: tuple[Chapter, ...]
    signature: Signature
    annex: Annex
    facts: dict[str, str] = field(default_factory=dict)
    kind: str = "follow-up"


@dataclass(frozen=True)
class EvidenceItem:
    """One piece of evidence in the annex's list; `address` leads to it in the system."""

    number: str
    unit: str
    plan: str
    name: str
    sha256: str  # empty for a link
    date: str
    address: str
    state: str  # what the last look at a link found
    qr: str = ""  # SVG


@dataclass(frozen=True)
class EffectRow:
    """Before and after of a plan's element, already in words; never a claim of cause."""

    unit: str
    action: str
    element: str
    before: str
    after: str
    difference: str
    verdict: str
    months: str


@dataclass(frozen=True)
class MonevReport:
    """The nine-column table as a document of its own, with the evidence and the comparison."""

    office: str
    period: str
    annex: Annex
    sentence: str
    evidence: tuple[EvidenceItem, ...]
    effects: tuple[EffectRow, ...]
    effects_note: str
    signature: Signature
    facts: dict[str, str] = field(default_factory=dict)
    kind: str = "monev"


@dataclass(frozen=True)
class PlanRow:
    """One line of the regulation's table; number and element are printed once per element."""

    number: str
    element: str
    action: tuple[Block, ...]
    unit: str
    time: str
    horizon: str
    quarters: tuple[bool, ...]
    person: str
    figures: PlanFigures


@dataclass(frozen=True)
class PlanReport:
    """RENCANA TINDAK LANJUT PERBAIKAN SKM (P14 p. 24)."""

    office: str
    title_lines: tuple[str, ...]
    columns: tuple[str, ...]
    year: str  # of the ticked quarters
    rows: tuple[PlanRow, ...]
    notes: tuple[str, ...]
    empty: str
    signature: Signature
    facts: dict[str, str] = field(default_factory=dict)
    kind: str = "plan"


@dataclass(frozen=True)
class SurveyReport:
    """Laporan hasil SKM: cover, contents, summary, chapters, signature and annexes."""

    office: str
    unit: str  # empty for the whole office
    title_lines: tuple[str, ...]
    period: str
    city: str
    year: str
    outline: str  # five or four chapters
    summary: tuple[Block, ...]
    chapters: tuple[Chapter, ...]
    parts: tuple[Part, ...]
    signature: Signature
    facts: dict[str, str] = field(default_factory=dict)
    kind: str = "monthly"


@dataclass(frozen=True)
class ProcessingForm:
    """Lampiran III of the regulation: per respondent and per element."""

    office: str
    title: str
    lines: tuple[tuple[str, str], ...]  # unit, service, period, …
    columns: tuple[str, ...]  # U1 …
    respondents: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, tuple[str, ...], str], ...]  # label, per element, sum at the right
    explanations: tuple[str, ...]
    elements: tuple[tuple[str, str, str, str], ...]  # U1, name, mean, grade
    results: tuple[tuple[str, str], ...]  # IKM, mutu, kinerja, …
    legend: tuple[tuple[str, str, str], ...]  # mutu, kinerja, interval
    signature: Signature
    facts: dict[str, str] = field(default_factory=dict)
    kind: str = "processing"


def blocks(text: str) -> tuple[Block, ...]:
    """Blocks of a plain text: blank line or new line = paragraph, "1. " = ol, "- " = ul."""
    found: list[Block] = []
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        numbered = re.match(r"(\d{1,2})[.)]\s+(.*)", line)
        bulleted = re.match(r"[-•]\s+(.*)", line)
        if numbered:
            append_item(found, "ol", numbered[2], start=int(numbered[1]))
        elif bulleted:
            append_item(found, "ul", bulleted[1])
        else:
            found.append(Block("p", (line,)))
    return tuple(found)


def append_item(found: list[Block], kind: str, item: str, start: int = 1) -> None:
    """Put an item into the list that ends `found`, or begin a new list."""
    last = found[-1] if found else None
    if last is not None and last.kind == kind:
        found[-1] = Block(kind, (*last.items, item), start=last.start)
    else:
        found.append(Block(kind, (item,), start=start))
