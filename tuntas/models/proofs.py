"""Proving: the archive of a closure, the path of a receipt, and looking for later changes.

The archive holds nothing that joins a receipt to its answers; only who has the database can do that,
which is what `findings` does to see whether a stored row is still the one that was sealed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO
from uuid import UUID

from tuntas.law.months import Month
from tuntas.models.closures import Closure, fingerprint
from tuntas.models.feedback import Feedback
from tuntas.models.offices import Office
from tuntas.models.responses import Response
from tuntas.models.seals import (
    ClosureProof,
    DaySeal,
    answer_lines,
    editions_json,
    parts_of,
    rows_of,
    seals_of,
    statuses_of,
)
from tuntas.models.slices import ClosureSlices, slices_of
from tuntas.proof import contents, recount
from tuntas.proof.checking import Finding
from tuntas.proof.records import (
    FIRST_DAY_LEAF,
    ResponseRow,
    canonical,
    commitment_of,
    month_records,
    receipt_leaf,
    receipt_record,
    sealing_day,
    text_leaf,
)
from tuntas.proof.tree import Step, climb, leaf_hash, path_of, root_of

Progress = Callable[[int], None]
LOOKED_UP = 500  # rows at a time


class NotClosed(Exception):
    """No closure of the month stands."""


class WithoutProof(Exception):
    """The closure is from before closures had roots."""


class Altered(Exception):
    """The database no longer gives the root that the closure keeps."""


def standing_closure(office: Office, month: Month) -> Closure:
    """The closure of a month with its proof. Raises NotClosed, WithoutProof."""
    rows = Closure.objects.standing().filter(period__office=office, period__month=month.first_day)
    closure = rows.select_related("period__office", "proof").first()
    if closure is None:
        raise NotClosed(month)
    if not closure.root:
        raise WithoutProof(month)
    return closure


def seals_under(closure: Closure) -> list[DaySeal]:
    """The sealed days that a closure's root covers, in order."""
    period = closure.period
    return seals_of(period.office, period.as_month, int(closure.content["proof"]["days"]))


# -- the archive ---------------------------------------------------------------------------------


def write_pack(closure: Closure, file: BinaryIO, step: Progress = lambda _rows: None) -> str:
    """Write the archive of a closure; returns the SHA-256 of its closure.json.

    Raises WithoutProof, and Altered when the stored answers are no longer those of the closure.
    """
    if not closure.root:
        raise WithoutProof
    office, month = closure.period.office, closure.period.as_month
    secret = bytes(closure.proof.secret)
    answers = sorted(answer_lines(office, month, secret, statuses_of(office, month)))
    root = root_of(bytes.fromhex(line[:64].decode()) for line in answers).hex()
    if root != closure.content["proof"]["answers"]["root"]:
        raise Altered(month)
    return contents.write(
        file,
        closure.content,
        json.loads(closure.proof.editions),
        lambda: days_of(closure),
        answers,
        number=closure.number,
        step=step,
    )


def days_of(closure: Closure) -> Iterator[contents.DaySeal]:
    for seal in seals_under(closure):
        yield contents.DaySeal(seal.day, tuple(leaf for _id, leaf in seal.pairs), seal.root)


# -- a receipt -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inclusion:
    """What shows that a receipt is under the root of a closure; hashes are hexadecimal.

    `leaf_data` and `day_data` are the bytes hashed as leaves, as text. None of it shows an answer.
    """

    leaf_data: str
    leaf: str
    day: date
    day_path: tuple[Step, ...]
    day_data: str
    month_path: tuple[Step, ...]
    root: str

    def as_data(self) -> dict[str, object]:
        """JSON-ready, for anyone who wants to climb the paths with tools of their own."""
        return {
            "leaf_data": self.leaf_data,
            "leaf": self.leaf,
            "day_path": [[step.side, step.hash.hex()] for step in self.day_path],
            "day_data": self.day_data,
            "month_path": [[step.side, step.hash.hex()] for step in self.month_path],
            "root": self.root,
        }

    @property
    def holds(self) -> bool:
        """Whether the stored row still gives the sealed leaf, and the paths lead to the root."""
        day_root = climb(bytes.fromhex(self.leaf), self.day_path).hex()
        month_root = climb(leaf_hash(self.day_data.encode()), self.month_path).hex()
        return (
            leaf_hash(self.leaf_data.encode()).hex() == self.leaf
            and self.day_data.endswith(f"\n{day_root}\n")
            and month_root == self.root
        )


def inclusion_of(response: Response, closure: Closure) -> Inclusion | None:
    """The proof of a response's receipt under a closure; None when the root does not cover it."""
    period, n = closure.period, int(closure.content["proof"]["days"])
    mine = DaySeal.objects.filter(office=period.office, month=period.month)
    seals = list(mine.defer("leaves")[:n])  # the others' leaves stay where they are: megabytes
    for place, seal in enumerate(seals):
        if seal.day != sealing_day(response.received_at):
            continue
        ids = seal.ids
        if response.id not in ids:
            continue
        leaves = [leaf for _id, leaf in seal.pairs]
        at = ids.index(response.id)
        commitment = commitment_of(bytes(seal.secret), row_of(response))
        days = tuple(each.as_root for each in seals)
        parts = parts_of(
            closure.content["office"], str(period.as_month), closure.content["proof"], days
        )
        records = month_records(parts)
        return Inclusion(
            leaf_data=receipt_record(response.id, commitment).decode(),
            leaf=leaves[at].hex(),
            day=seal.day,
            day_path=path_of(leaves, at),
            day_data=records[FIRST_DAY_LEAF + place].decode(),
            month_path=path_of([leaf_hash(each) for each in records], FIRST_DAY_LEAF + place),
            root=closure.root,
        )
    return None


def row_of(response: Response) -> ResponseRow:
    return ResponseRow(
        id=response.id,
        month=response.month,
        received_at=response.received_at,
        answered_on=response.answered_on,
        service=response.service_id,
        edition=response.edition_id,
        channel=response.channel,
        answers=response.answers,
        profile=response.profile,
        seconds=response.seconds,
        signs=response.signs,
        with_code=response.with_code,
    )


# -- looking for changes -------------------------------------------------------------------------


def findings(
    office: Office, month: Month, step: Progress = lambda _rows: None
) -> Iterator[Finding]:
    """What in the database is no longer as it was sealed: which row of which day, or which figure.

    Nothing found means: every sealed response is there unchanged, none was added to a closed month,
    and the closures' figures follow from the answers.
    """
    seals = seals_of(office, month)
    closed = Closure.objects.standing().filter(
        period__office=office, period__month=month.first_day, proof__isnull=False
    )
    yield from changed_rows(office, month, seals, closed.exists(), step)
    closures = Closure.objects.filter(period__office=office, period__month=month.first_day)
    for closure in closures.select_related("period__office").order_by("number"):
        try:
            yield from changed_closure(closure, seals)
        except (KeyError, TypeError, ValueError) as error:
            told = f"isinya bukan lagi isi penutupan ({type(error).__name__})"
            yield Finding(f"penutupan ke-{closure.number}", "content", told)
    standing = closures.standing().first()
    if standing is not None and standing.root:
        try:
            yield from changed_contents(standing, office, month)
            yield from changed_slices(standing, office, month)
        except (KeyError, TypeError, ValueError) as error:
            told = f"isinya tidak dapat dihitung ulang ({type(error).__name__})"
            yield Finding(f"penutupan ke-{standing.number}", "content", told)


def changed_rows(
    office: Office, month: Month, seals: list[DaySeal], is_closed: bool, step: Progress
) -> Iterator[Finding]:
    """Responses that are gone, say something else than was sealed, or came after the closing."""
    waiting: dict[UUID, tuple[DaySeal, bytes]] = {}
    for seal in seals:
        leaves = dict(seal.pairs)
        if root_of(leaves.values()).hex() != seal.root or len(leaves) != seal.n:
            yield Finding(where_of(seal), "", "daun-daunnya tidak lagi memberi akarnya")
        waiting |= {key: (seal, leaf) for key, leaf in leaves.items()}
    for row in rows_of(office, month):
        if row.id in waiting:
            yield from changed_row(row, *waiting.pop(row.id))
            step(1)
        elif is_closed:
            yield Finding(f"isian {row.id}", "", "ditambahkan sesudah bulan ditutup")
    # One whose month was changed is not among those of its month: look for it by its id.
    missing = list(waiting)
    for at in range(0, len(missing), LOOKED_UP):
        keys = missing[at : at + LOOKED_UP]
        for response in Response.objects.filter(office=office, id__in=keys):
            yield from changed_row(row_of(response), *waiting.pop(response.id))
    for key, (seal, _leaf) in waiting.items():
        yield Finding(f"isian {key}", where_of(seal), "sudah tidak ada")


def changed_row(row: ResponseRow, seal: DaySeal, leaf: bytes) -> Iterator[Finding]:
    if receipt_leaf(bytes(seal.secret), row) != leaf:
        yield Finding(f"isian {row.id}", where_of(seal), "isinya berubah sesudah disegel")


def where_of(seal: DaySeal) -> str:
    return f"segel hari ke-{seal.number} ({seal.day})"


def changed_closure(closure: Closure, seals: list[DaySeal]) -> Iterator[Finding]:
    """A closure whose content, fingerprint or root do not belong together any more."""
    where, month = f"penutupan ke-{closure.number}", str(closure.period.as_month)
    if fingerprint(closure.content) != closure.sha256:
        yield Finding(where, "content", "isinya tidak lagi memberi sidiknya")
    if not closure.root:
        return
    proof = closure.content["proof"]
    days = tuple(seal.as_root for seal in seals[: proof["days"]])
    records = month_records(parts_of(closure.content["office"], month, proof, days))
    if root_of(map(leaf_hash, records)).hex() != closure.root:
        yield Finding(where, "proof.root", "bagian-bagiannya tidak lagi memberi akar bulan")
    kept = ClosureProof.objects.filter(closure=closure).first()
    if kept is None:
        yield Finding(where, "", "bahan buktinya sudah tidak ada")
        return
    texts = list(kept.text_leaves)
    if root_of(leaf for _key, leaf in texts).hex() != proof["texts"]["root"]:
        yield Finding(where, "texts", "sidik masukan tidak lagi memberi akarnya")
    secret, stored = bytes(kept.secret), Feedback.objects.in_bulk([key for key, _leaf in texts])
    for key, leaf in texts:  # one that was erased breaks nothing
        text = stored[key].text if key in stored else ""
        if text and text_leaf(secret, key, text) != leaf:
            yield Finding(f"masukan #{key}", where, "teksnya berubah sesudah ditutup")


def changed_contents(closure: Closure, office: Office, month: Month) -> Iterator[Finding]:
    """Editions, answers and figures of the standing closure, computed again from the rows."""
    where, proof = f"penutupan ke-{closure.number}", closure.content["proof"]
    kept = ClosureProof.objects.filter(closure=closure).first()
    if kept is None:
        return
    editions = canonical(editions_json(office, month))
    if hashlib.sha256(editions).hexdigest() != proof["editions"]:
        yield Finding(where, "kuesioner", "edisi yang dijawab berubah sesudah ditutup")
    if hashlib.sha256(kept.editions.encode()).hexdigest() != proof["editions"]:
        yield Finding(where, "editions", "salinan kuesionernya berubah")
        return
    counted, leaves = recount.Recount(), []
    for line in answer_lines(office, month, bytes(kept.secret), statuses_of(office, month)):
        parsed = contents.parse_answer(line)
        if parsed is None:
            yield Finding(where, "isian", f"ada jawaban yang bukan angka ({len(line)} byte)")
            continue
        leaves.append(parsed[0])
        counted.add(parsed[1])
    if root_of(sorted(leaves)).hex() != proof["answers"]["root"]:
        yield Finding(where, "proof.answers", "jawaban yang tersimpan tidak lagi memberi akarnya")
    for row in recount.differences(counted, closure.content, json.loads(kept.editions)):
        told = f"penutupan {row.closed}, dihitung ulang {row.recounted}"
        yield Finding(where, row.where, told)


def changed_slices(closure: Closure, office: Office, month: Month) -> Iterator[Finding]:
    """What the standing closure keeps by channel and sign, computed again from the rows."""
    kept = ClosureSlices.objects.filter(closure=closure).first()
    if kept is not None and kept.content != [each.to_json() for each in slices_of(office, month)]:
        told = "rincian kanal dan tanda tidak sama dengan yang dihitung ulang"
        yield Finding(f"penutupan ke-{closure.number}", "slices", told)
