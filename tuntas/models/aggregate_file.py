"""The aggregate file: closures of an office and all below it, signed, for another installation.

`build` writes one, `read` takes one apart and believes nothing: the bytes must be exactly the
canonical ones, the signature must fit, and every sum is done again. docs/aggregate.md is the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tuntas.law.index import IndexResult
from tuntas.law.months import Month, Span
from tuntas.law.rounding import half_up
from tuntas.law.weights import CONVENTIONS
from tuntas.models.closures import Closure
from tuntas.models.offices import Office
from tuntas.models.outside import OfficeIdentity, OutsideClosure
from tuntas.models.places import Place, places_below
from tuntas.models.rollups import ReadPart, closures_below, part_of, pooled
from tuntas.models.signing import is_signed, public_key, sign
from tuntas.models.tally_check import BadTally, check_service

FORMAT, VERSION = "tuntas-aggregate", 1
MOST_BYTES = 32 * 1024 * 1024
SERVICE_KEYS = ("unit", "code", "name", "questionnaire", "elements", "own_weights", "tally")
KEY, SIGNATURE, SHA256 = r"[0-9a-f]{64}", r"[0-9a-f]{128}", r"[0-9a-f]{64}"


class AggregateRefused(Exception):
    """The file is not taken; `code` is stable, the message says what is wrong and what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class AggregateFile:
    """A file that passed every check. `body` as in docs/aggregate.md."""

    text: str
    body: Mapping[str, Any]
    key: str

    @property
    def signer(self) -> UUID:
        return UUID(self.body["signer"])

    @property
    def span(self) -> Span:
        return Span.parse(self.body["span"])

    @property
    def closures(self) -> list[Mapping[str, Any]]:
        return list(self.body["closures"])

    @property
    def offices(self) -> dict[str, Mapping[str, Any]]:
        return {row["uid"]: row for row in self.body["offices"]}

    @property
    def signer_name(self) -> str:
        return str(self.offices[self.body["signer"]]["name"])

    @property
    def result(self) -> IndexResult | None:
        return total_of(self.closures, self.body["weights"])


def canonical(data: Any) -> bytes:
    """The only bytes that say this: sorted keys, no spaces, UTF-8."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


# -- writing -------------------------------------------------------------------------------------


def build(office: Office, span: Span) -> bytes:
    """The signed file of the standing closures of some months. Raises KeyUnreadable."""
    places = places_below(office)
    uids = identities(office)
    rows = [
        {"uid": uid_of(place, uids), "path": path, "name": place.name}
        for place, path in zip(places, paths(places), strict=True)
    ]
    closures = [*own_closures(office, span, uids), *closures_from_outside(office, span)]
    closures.sort(key=lambda row: (row["office"], row["month"]))
    body = {
        "format": FORMAT,
        "version": VERSION,
        "signer": str(uids[office.pk]),
        "span": str(span),
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "weights": office.weights,
        "offices": rows,
        "closures": closures,
        "total": total_json(total_of(closures, office.weights)),
    }
    return canonical({"body": body, "key": public_key(), "signature": sign(canonical(body))})


def identities(office: Office) -> dict[int, UUID]:
    """The lasting name of the office and of each one below, made where there is none yet."""
    below = Office.objects.filter(path__startswith=office.path)
    with transaction.atomic():
        OfficeIdentity.objects.bulk_create(
            [OfficeIdentity(office=row, uid=uuid4()) for row in below.filter(identity=None)],
            ignore_conflicts=True,
        )
    return dict(OfficeIdentity.objects.filter(office__in=below).values_list("office_id", "uid"))


def uid_of(place: Place, uids: Mapping[int, UUID]) -> str:
    return place.key if place.is_outside else str(uids[place.pk])


def paths(places: Sequence[Place]) -> list[str]:
    """Codes from the exporting office down, also for offices that came from outside."""
    known: dict[str, str] = {}
    for place in places:
        above = known.get(place.above or "")
        known[place.key] = f"{above}.{place.code}" if above else place.code
    return [known[place.key] for place in places]


def own_closures(office: Office, span: Span, uids: Mapping[int, UUID]) -> list[dict[str, Any]]:
    rows: list[Closure] = list(closures_below(office, span).select_related("period"))
    return [
        {
            "office": str(uids[row.period.office_id]),
            "month": str(row.period.as_month),
            "number": row.number,
            "closed_at": row.at.isoformat(timespec="seconds"),
            "sha256": row.sha256,
            "content": reduced(row.content),
        }
        for row in rows
    ]


def reduced(content: Mapping[str, Any]) -> dict[str, Any]:
    """What leaves the office of a closure: counts, method, result; no name of a person."""
    result = content["result"]
    return {
        "weights": content["weights"],
        "n": content["n"],
        "services": [
            {key: row[key] for key in SERVICE_KEYS if key in row} for row in content["services"]
        ],
        "result": result
        and {key: result[key] for key in ("index_value", "converted", "converted_2", "grade")},
    }


def closures_from_outside(office: Office, span: Span) -> list[dict[str, Any]]:
    """Those the office itself imported, passed on as they came."""
    tree = Office.objects.filter(path__startswith=office.path).values("pk")
    rows = OutsideClosure.objects.below(tree).filter(
        month__gte=span.first.first_day, month__lte=span.last.first_day
    )
    return [
        {
            "office": str(row.uid),
            "month": str(row.as_month),
            "number": row.number,
            "closed_at": row.closed_at.isoformat(timespec="seconds"),
            "sha256": row.sha256,
            "content": row.content,
        }
        for row in rows
    ]


def total_of(closures: Sequence[Mapping[str, Any]], weights: str) -> IndexResult | None:
    parts: list[ReadPart] = [part_of(row["content"]["services"]) for row in closures]
    return pooled(parts, weights)


def total_json(result: IndexResult | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "n": result.n,
        "index_value": str(result.index_value),
        "converted": str(result.converted),
        "elements": {row.code: {"n": row.n, "total": str(row.total)} for row in result.elements},
    }


# -- reading -------------------------------------------------------------------------------------


def read(content: bytes) -> AggregateFile:
    """The file, after every check that needs no database. Raises AggregateRefused."""
    if len(content) > MOST_BYTES:
        raise AggregateRefused(
            "too-large", _("Berkas lebih dari 32 MB; ekspor rentang lebih pendek.")
        )
    data = parsed(content)
    if set(data) != {"body", "key", "signature"} or not isinstance(data["body"], dict):
        raise not_ours()
    body, key, signature = data["body"], data["key"], data["signature"]
    if body.get("format") != FORMAT:
        raise not_ours()
    if body.get("version") != VERSION:
        raise AggregateRefused(
            "version",
            _(
                "Versi format %(found)s tidak dikenal; pemasangan ini membaca versi 1. Perbarui Tuntas."
            )
            % {"found": shown(body.get("version"))},
        )
    if not is_text(key, KEY):
        raise AggregateRefused("key", _("Kunci publik (key) bukan 64 angka heksadesimal."))
    if not is_text(signature, SIGNATURE) or not is_signed(canonical(body), key, signature):
        raise AggregateRefused(
            "signature",
            _("Tanda tangan tidak cocok dengan isi dan kuncinya: berkas berubah setelah dibuat. "
              "Minta pengirim mengirim ulang."),
        )  # fmt: skip
    check_body(body)
    return AggregateFile(content.decode(), body, key)


def not_ours() -> AggregateRefused:
    return AggregateRefused(
        "format", _("Ini bukan berkas agregat Tuntas (body, key, signature, tuntas-aggregate).")
    )


def parsed(content: bytes) -> dict[str, Any]:
    """The JSON of the file, which must be written in the one canonical way."""
    try:
        text = content.decode()
        data = json.loads(text, object_pairs_hook=once, parse_float=refuse, parse_constant=refuse)
        same = canonical(data) == content
    except (ValueError, RecursionError) as error:
        raise AggregateRefused(
            "unreadable",
            _("Berkas bukan JSON yang utuh (%(error)s). Minta pengirim mengirim ulang.")
            % {"error": shown(error)},
        ) from error
    if not isinstance(data, dict):
        raise not_ours()
    if not same:
        raise AggregateRefused(
            "not-canonical",
            _("Berkas tidak tertulis persis seperti saat dibuat (spasi atau urutan berubah). "
              "Kirim berkasnya sebagai lampiran, bukan salinan teks."),
        )  # fmt: skip
    return data


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("kunci ganda")
    return found


def refuse(text: str) -> Any:
    raise ValueError(f"bilangan pecahan {shown(text)}")


def shown(value: object) -> str:
    return str(value)[:80]


def is_text(value: object, pattern: str = r".*", most: int = 400) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= most
        and re.fullmatch(pattern, value, re.S) is not None
        and value.isprintable()
    )


def wrong(where: str, why: str) -> AggregateRefused:
    return AggregateRefused(
        "structure", _("Bagian %(where)s: %(why)s.") % {"where": where, "why": why}
    )


def check_body(body: Mapping[str, Any]) -> None:
    """Every part of the content, its sums, and the total. Raises AggregateRefused."""
    expected = {
        "format", "version", "signer", "span", "made_at", "weights", "offices", "closures", "total",
    }  # fmt: skip
    if set(body) != expected:
        raise wrong("body", ", ".join(sorted(set(body) ^ expected)))
    span = span_of(body["span"])
    if body["weights"] not in CONVENTIONS:
        raise wrong("weights", shown(body["weights"]))
    moment_of("made_at", body["made_at"])
    uids = check_offices(body["offices"])
    if body["signer"] not in uids:
        raise wrong("signer", _("kantor itu tidak ada dalam daftar offices"))
    if not isinstance(body["closures"], list):
        raise wrong("closures", _("bukan daftar"))
    seen: set[tuple[str, str]] = set()
    for at, row in enumerate(body["closures"]):
        check_closure(f"closures[{at}]", row, uids, span)
        if (row["office"], row["month"]) in seen:
            raise wrong(f"closures[{at}]", _("bulan kantor itu tertulis dua kali"))
        seen.add((row["office"], row["month"]))
    if total_json(total_of(body["closures"], body["weights"])) != body["total"]:
        raise AggregateRefused(
            "total", _("Jumlah seluruhnya (total) tidak sama dengan jumlah penutupan di dalamnya.")
        )


def span_of(text: object) -> Span:
    try:
        span = Span.parse(str(text))
    except ValueError as error:
        raise wrong("span", shown(error)) from error
    if str(span) != text or len(span.months) > 120:
        raise wrong("span", shown(text))
    return span


def moment_of(where: str, text: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise wrong(where, _("bukan waktu: %(text)s") % {"text": shown(text)}) from error
    if found.tzinfo is None:
        raise wrong(where, _("waktu tanpa zona"))
    return found


def check_offices(rows: object) -> set[str]:
    """The uids of the offices; each office once, each path once."""
    if not isinstance(rows, list) or not rows:
        raise wrong("offices", _("bukan daftar kantor"))
    seen: set[str] = set()
    paths_seen: set[str] = set()
    for at, row in enumerate(rows):
        where = f"offices[{at}]"
        if not isinstance(row, dict) or set(row) != {"uid", "path", "name"}:
            raise wrong(where, "uid, path, name")
        if not is_uid(row["uid"]) or row["uid"] in seen:
            raise wrong(where, _("uid salah atau tertulis dua kali"))
        if not is_text(row["path"], r"[a-z0-9-]+(\.[a-z0-9-]+)*") or row["path"] in paths_seen:
            raise wrong(where, _("path salah atau tertulis dua kali"))
        if not is_text(row["name"], r".+", 200):
            raise wrong(where, _("nama kosong atau terlalu panjang"))
        seen.add(row["uid"])
        paths_seen.add(row["path"])
    return seen


def is_uid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def check_closure(where: str, row: object, uids: set[str], span: Span) -> None:
    keys = {"office", "month", "number", "closed_at", "sha256", "content"}
    if not isinstance(row, dict) or set(row) != keys:
        raise wrong(where, ", ".join(sorted(keys)))
    if row["office"] not in uids:
        raise wrong(where, _("kantor itu tidak ada dalam daftar offices"))
    try:
        month = Month.parse(str(row["month"]))
    except ValueError as error:
        raise wrong(where, shown(error)) from error
    if month not in span.months or str(month) != row["month"]:
        raise wrong(where, _("bulan %(month)s di luar periode berkas") % {"month": month})
    number = row["number"]
    if type(number) is not int or not 1 <= number < 2**31:
        raise wrong(where, "number")
    if moment_of(where, row["closed_at"]).date() < month.last_day:
        raise wrong(where, _("ditutup sebelum bulannya berakhir"))
    if not is_text(row["sha256"], SHA256):
        raise wrong(where, "sha256")
    check_content(where, row["content"])


def check_content(where: str, content: object) -> None:
    """Tallies against n, and the result computed anew against the one that was published."""
    if not isinstance(content, dict) or set(content) != {"weights", "n", "services", "result"}:
        raise wrong(where, "weights, n, services, result")
    services, n = content["services"], content["n"]
    if content["weights"] not in CONVENTIONS or not isinstance(services, list):
        raise wrong(where, "weights, services")
    for at, service in enumerate(services):
        try:
            check_service(service)
        except BadTally as error:
            raise AggregateRefused(
                "sums",
                _("%(where)s, layanan ke-%(at)s: %(why)s.")
                % {"where": where, "at": at + 1, "why": error},
            ) from error
    if type(n) is not int or n != sum(row["tally"]["n"] for row in services):
        raise AggregateRefused(
            "sums", _("%(where)s: n tidak sama dengan jumlah n layanannya.") % {"where": where}
        )
    check_result(where, content)


def check_result(where: str, content: Mapping[str, Any]) -> None:
    found = pooled([part_of(content["services"])], content["weights"])
    told = content["result"]
    if found is None and told is None:
        return
    keys = {"index_value", "converted", "converted_2", "grade"}
    if not isinstance(told, dict) or set(told) != keys or found is None:
        raise AggregateRefused("result", _("%(where)s: hasil (result) hilang.") % {"where": where})
    if told != reduced_result(found):
        raise AggregateRefused(
            "result",
            _("%(where)s: indeks yang tertulis (%(told)s) tidak sama dengan hasil hitung ulang "
              "(%(found)s).")
            % {"where": where, "told": shown(told["converted"]), "found": found.converted},
        )  # fmt: skip


def reduced_result(result: IndexResult) -> dict[str, str]:
    return {
        "index_value": str(result.index_value),
        "converted": str(result.converted),
        "converted_2": str(half_up(result.converted, 2)),
        "grade": result.grade.letter,
    }
