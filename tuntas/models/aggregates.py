"""Taking an aggregate file in: first what it would change, then, confirmed by a person, all of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tuntas.law.elements import REGULATION_ORDER
from tuntas.law.months import Month
from tuntas.models.aggregate_file import AggregateFile, AggregateRefused, moment_of, read
from tuntas.models.audit import Event
from tuntas.models.closures import Closure
from tuntas.models.counts import NUMBERS, numbers_of
from tuntas.models.offices import Office
from tuntas.models.outside import (
    AggregateImport,
    OfficeIdentity,
    OutsideClosure,
    OutsideKey,
    OutsideOffice,
)
from tuntas.models.people import User
from tuntas.models.signing import fingerprint_words
from tuntas.typed import file_name

NEW, REPLACES, SAME, OLDER = "new", "replaces", "same", "older"
LEAST_REASON = 10


@dataclass(frozen=True)
class Change:
    """One closure of the file, and what taking it in does: new, replaces, same or older."""

    office: str
    month: Month
    number: int
    n: int
    what: str
    row: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Preview:
    """What a file would change below the office that takes it in."""

    file: AggregateFile
    changes: tuple[Change, ...]
    pinned: OutsideKey | None
    at_home: tuple[str, ...]  # offices that count by their own closures here

    @property
    def words(self) -> str:
        return fingerprint_words(self.file.key)

    @property
    def key_is_new(self) -> bool:
        return self.pinned is None

    @property
    def key_has_changed(self) -> bool:
        return self.pinned is not None and self.pinned.key != self.file.key

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(change.what for change in self.changes)
        return {what: found[what] for what in (NEW, REPLACES, SAME, OLDER)}


def receive(office: Office, name: str, content: bytes, *, by: User | None) -> AggregateImport:
    """Keep a file that passes every check, for a person to look at. Raises AggregateRefused."""
    file = read(content)
    preview(office, file)
    with transaction.atomic():
        row = AggregateImport.objects.create(
            office=office,
            file_name=file_name(name),
            sha256=hashlib.sha256(content).hexdigest(),
            text=file.text,
            at=timezone.now(),
            by=by,
        )
        Event.record("aggregate.received", by=by, about=row, office=office, sha256=row.sha256)
    return row


def preview_of(row: AggregateImport) -> Preview:
    """What a waiting import would change today. Raises AggregateRefused."""
    return preview(row.office, read(row.text.encode()))


def preview(office: Office, file: AggregateFile) -> Preview:
    """Compare a file with what is known. Raises AggregateRefused for what contradicts it."""
    uids = [UUID(uid) for uid in file.offices]
    known: dict[tuple[str, str], list[OutsideClosure]] = {}
    for held in OutsideClosure.objects.filter(uid__in=uids, office__parent=office):
        known.setdefault((str(held.uid), str(held.as_month)), []).append(held)
    check_origins(file)
    changes = [
        Change(
            office=str(file.offices[row["office"]]["name"]),
            month=Month.parse(row["month"]),
            number=row["number"],
            n=row["content"]["n"],
            what=what_of(row, known.get((row["office"], row["month"]), [])),
            row=row,
        )
        for row in file.closures
    ]
    home = OfficeIdentity.objects.filter(uid__in=uids, office__path__startswith=office.path)
    return Preview(
        file=file,
        changes=tuple(changes),
        pinned=OutsideKey.pinned(office, file.signer),
        at_home=tuple(home.values_list("office__name", flat=True)),
    )


def what_of(row: Mapping[str, Any], held: list[OutsideClosure]) -> str:
    """What a closure of the file is to those held of its office and month."""
    for other in held:
        if other.number == row["number"]:
            if (other.sha256, other.content) != (row["sha256"], row["content"]):
                raise AggregateRefused(
                    "conflict",
                    _("%(office)s, %(month)s: penutupan ke-%(number)s sudah ada dengan isi lain. "
                      "Tanyakan kepada pengirim mana yang benar.")
                    % {"office": other.office, "month": row["month"], "number": row["number"]},
                )  # fmt: skip
            return SAME
    newest = max((other.number for other in held), default=0)
    return NEW if not newest else REPLACES if row["number"] > newest else OLDER


def check_origins(file: AggregateFile) -> None:
    """No closure with answers may come under the name of two offices."""
    rows = {row["sha256"]: row for row in file.closures if row["content"]["n"]}
    if len(rows) != sum(1 for row in file.closures if row["content"]["n"]):
        raise AggregateRefused("twice", _("Berkas memuat penutupan yang sama untuk dua kantor."))
    elsewhere = OutsideClosure.objects.filter(sha256__in=rows).values_list(
        "sha256", "uid", "office__name"
    )
    here = Closure.objects.filter(sha256__in=rows).values_list(
        "sha256", "period__office__identity__uid", "period__office__name"
    )
    for sha256, uid, name in [*elsewhere, *here]:
        if str(uid) != rows[sha256]["office"]:
            raise AggregateRefused(
                "twice",
                _("%(month)s: penutupan ini sudah dihitung sebagai milik %(name)s; tidak boleh "
                  "dihitung dua kali.")
                % {"month": rows[sha256]["month"], "name": name},
            )  # fmt: skip


def confirm(
    row: AggregateImport, *, by: User | None, key_compared: bool = False, reason: str = ""
) -> Preview:
    """Take everything in, or nothing.

    Raises ValidationError when the key is new and nobody compared it, when it has changed and no
    reason was given, or when the import was decided already; AggregateRefused when what is known has
    come to contradict the file.
    """
    with transaction.atomic():
        row.hold()
        Office.objects.select_for_update().get(pk=row.office_id)
        found = preview_of(row)
        trust_key(row, found, by, reason.strip(), key_compared=key_compared)
        offices = bring_offices(row, found.file)
        OutsideClosure.objects.bulk_create(
            [
                closure_from(row, offices[change.row["office"]], change.row)
                for change in found.changes
                if change.what != SAME
            ],
            batch_size=100,
        )
        row.confirmed_at, row.confirmed_by = timezone.now(), by
        row.save(update_fields=["confirmed_at", "confirmed_by"])
        Event.record(
            "aggregate.imported",
            by=by,
            about=row,
            office=row.office,
            sha256=row.sha256,
            signer=str(found.file.signer),
            span=str(found.file.span),
            closures=found.counts,
        )
    return found


def trust_key(
    row: AggregateImport, found: Preview, by: User | None, reason: str, *, key_compared: bool
) -> None:
    """Pin the key of the file when it is new or another, after a person stood up for it."""
    if not (found.key_is_new or found.key_has_changed):
        return
    if not key_compared:
        raise ValidationError(
            {
                "compared": _(
                    "Bandingkan dahulu sidik jari kunci dengan pengirim, lalu nyatakan sama."
                )
            }
        )
    if found.key_has_changed and len(reason) < LEAST_REASON:
        raise ValidationError(
            {"reason": _("Kunci pengirim berubah. Tulis alasannya, paling sedikit 10 huruf.")}
        )
    OutsideKey.objects.create(
        parent=row.office,
        signer=found.file.signer,
        key=found.file.key,
        at=timezone.now(),
        by=by,
        reason=reason,
        brought_by=row,
    )
    Event.record(
        "aggregate.key-trusted", by=by, about=row, office=row.office, key=found.file.key,
        reason=reason,
    )  # fmt: skip


def bring_offices(row: AggregateImport, file: AggregateFile) -> dict[str, OutsideOffice]:
    """The offices of the file below the one that imports, by uid; known ones stay as they are."""
    known = {
        str(office.uid): office
        for office in OutsideOffice.objects.filter(parent=row.office, uid__in=list(file.offices))
    }
    for uid, told in file.offices.items():
        if uid not in known:
            known[uid] = OutsideOffice.objects.create(
                parent=row.office,
                uid=uid,
                path=told["path"],
                name=told["name"],
                brought_by=row,
            )
    return known


def closure_from(
    brought_by: AggregateImport, office: OutsideOffice, told: Mapping[str, Any]
) -> OutsideClosure:
    services = told["content"]["services"]
    return OutsideClosure(
        office=office,
        uid=office.uid,
        month=Month.parse(told["month"]).first_day,
        number=told["number"],
        closed_at=moment_of("closed_at", told["closed_at"]),
        sha256=told["sha256"],
        content=told["content"],
        brought_by=brought_by,
        **(numbers_of(services) or misfit(services)),
    )


def misfit(services: Any) -> dict[str, Any]:
    """Columns of a closure that fits no row: scale 0, so that it is read from its content."""
    empty = {f"{name}_{number}": 0 for name in ("answered", "total") for number in NUMBERS}
    return {
        **empty, "n": 0, "asked": 2 ** len(REGULATION_ORDER) - 1, "own_weights": "", "scale": 0,
        "means_scale": 1, "means": 0, "means_total": 0, "means_squares": 0,
        "has_instruments": any("instruments" in row["tally"] for row in services),
    }  # fmt: skip
