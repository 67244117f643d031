"""National holidays and joint leave (cuti bersama): days on which a public office does not work.

Only what a joint decree (SKB tiga menteri) or a presidential decree fixed; never computed. A year
that is not here has not been read: the office adds its days itself. Days that fall on a weekend
stand here too, because the decree names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tuntas.law.citation import Citation


@dataclass(frozen=True)
class NationalHoliday:
    """One day; `is_joint_leave` for cuti bersama, which an office with shifts may have to work."""

    date: date
    name: str
    is_joint_leave: bool
    source: Citation


def skb(numbers: str, year: int, signed: date) -> Citation:
    return Citation(
        f"SKB Menteri Agama, Menteri Ketenagakerjaan, dan Menteri PANRB {numbers}",
        f"Hari libur nasional dan cuti bersama tahun {year}",
        signed,
    )


SKB_2023 = skb(
    "Nomor 1066 Tahun 2022, Nomor 3 Tahun 2022, Nomor 3 Tahun 2022", 2023, date(2022, 10, 11)
)
SKB_2023_A = skb(
    "Nomor 327 Tahun 2023, Nomor 1 Tahun 2023, Nomor 1 Tahun 2023", 2023, date(2023, 3, 29)
)
SKB_2023_B = skb(
    "Nomor 624 Tahun 2023, Nomor 2 Tahun 2023, Nomor 2 Tahun 2023", 2023, date(2023, 6, 16)
)
SKB_2024 = skb(
    "Nomor 855 Tahun 2023, Nomor 3 Tahun 2023, Nomor 4 Tahun 2023", 2024, date(2023, 9, 12)
)
SKB_2025 = skb(
    "Nomor 1017 Tahun 2024, Nomor 2 Tahun 2024, Nomor 2 Tahun 2024", 2025, date(2024, 10, 14)
)
SKB_2025_A = skb(
    "Nomor 933 Tahun 2025, Nomor 1 Tahun 2025, Nomor 3 Tahun 2025", 2025, date(2025, 8, 7)
)
SKB_2026 = skb(
    "Nomor 1497 Tahun 2025, Nomor 2 Tahun 2025, Nomor 5 Tahun 2025", 2026, date(2025, 9, 19)
)
ELECTION_2024 = Citation("Keppres Nomor 10 Tahun 2024", "Hari pemungutan suara", date(2024, 2, 14))
REGIONAL_ELECTION_2024 = Citation(
    "Keppres Nomor 33 Tahun 2024", "Hari pemungutan suara", date(2024, 11, 27)
)

# year, source, joint leave?, days as "month-day name"
DECREES: tuple[tuple[int, Citation, bool, str], ...] = (
    (
        2023,
        SKB_2023,
        False,
        "01-01 Tahun Baru Masehi; 01-22 Tahun Baru Imlek; 02-18 Isra Mikraj; 03-22 Hari Suci Nyepi;"
        "04-07 Wafat Isa Almasih; 04-22 Idulfitri; 04-23 Idulfitri; 05-01 Hari Buruh;"
        "05-18 Kenaikan Isa Almasih; 06-01 Hari Lahir Pancasila; 06-04 Waisak; 06-29 Iduladha;"
        "07-19 Tahun Baru Islam; 08-17 Proklamasi Kemerdekaan; 09-28 Maulid Nabi; 12-25 Natal",
    ),
    (2023, SKB_2023, True, "01-23 Imlek; 03-23 Nyepi; 06-02 Waisak; 12-26 Natal"),
    (
        2023,
        SKB_2023_A,
        True,
        "04-19 Idulfitri; 04-20 Idulfitri; 04-21 Idulfitri; 04-24 Idulfitri; 04-25 Idulfitri",
    ),
    (2023, SKB_2023_B, True, "06-28 Iduladha; 06-30 Iduladha"),
    (
        2024,
        SKB_2024,
        False,
        "01-01 Tahun Baru Masehi; 02-08 Isra Mikraj; 02-10 Tahun Baru Imlek; 03-11 Hari Suci Nyepi;"
        "03-29 Wafat Yesus Kristus; 03-31 Paskah; 04-10 Idulfitri; 04-11 Idulfitri; 05-01 Hari Buruh;"
        "05-09 Kenaikan Yesus Kristus; 05-23 Waisak; 06-01 Hari Lahir Pancasila; 06-17 Iduladha;"
        "07-07 Tahun Baru Islam; 08-17 Proklamasi Kemerdekaan; 09-16 Maulid Nabi; 12-25 Natal",
    ),
    (2024, ELECTION_2024, False, "02-14 Pemilihan Umum"),
    (2024, REGIONAL_ELECTION_2024, False, "11-27 Pemilihan Kepala Daerah"),
    (
        2024,
        SKB_2024,
        True,
        "02-09 Imlek; 03-12 Nyepi; 04-08 Idulfitri; 04-09 Idulfitri; 04-12 Idulfitri;"
        "04-15 Idulfitri; 05-10 Kenaikan Yesus Kristus; 05-24 Waisak; 06-18 Iduladha; 12-26 Natal",
    ),
    (
        2025,
        SKB_2025,
        False,
        "01-01 Tahun Baru Masehi; 01-27 Isra Mikraj; 01-29 Tahun Baru Imlek; 03-29 Hari Suci Nyepi;"
        "03-31 Idulfitri; 04-01 Idulfitri; 04-18 Wafat Yesus Kristus; 04-20 Paskah; 05-01 Hari Buruh;"
        "05-12 Waisak; 05-29 Kenaikan Yesus Kristus; 06-01 Hari Lahir Pancasila; 06-06 Iduladha;"
        "06-27 Tahun Baru Islam; 08-17 Proklamasi Kemerdekaan; 09-05 Maulid Nabi; 12-25 Natal",
    ),
    (
        2025,
        SKB_2025,
        True,
        "01-28 Imlek; 03-28 Nyepi; 04-02 Idulfitri; 04-03 Idulfitri; 04-04 Idulfitri;"
        "04-07 Idulfitri; 05-13 Waisak; 05-30 Kenaikan Yesus Kristus; 06-09 Iduladha; 12-26 Natal",
    ),
    (2025, SKB_2025_A, True, "08-18 Proklamasi Kemerdekaan"),
    (
        2026,
        SKB_2026,
        False,
        "01-01 Tahun Baru Masehi; 01-16 Isra Mikraj; 02-17 Tahun Baru Imlek; 03-19 Hari Suci Nyepi;"
        "03-21 Idulfitri; 03-22 Idulfitri; 04-03 Wafat Yesus Kristus; 04-05 Paskah; 05-01 Hari Buruh;"
        "05-14 Kenaikan Yesus Kristus; 05-27 Iduladha; 05-31 Waisak; 06-01 Hari Lahir Pancasila;"
        "06-16 Tahun Baru Islam; 08-17 Proklamasi Kemerdekaan; 08-25 Maulid Nabi; 12-25 Natal",
    ),
    (
        2026,
        SKB_2026,
        True,
        "02-16 Imlek; 03-18 Nyepi; 03-20 Idulfitri; 03-23 Idulfitri; 03-24 Idulfitri;"
        "05-15 Kenaikan Yesus Kristus; 05-28 Iduladha; 12-24 Natal",
    ),
)


def read(year: int, source: Citation, is_joint_leave: bool, days: str) -> list[NationalHoliday]:
    found = []
    for entry in days.split(";"):
        day, name = entry.strip().split(" ", 1)
        month, number = day.split("-")
        label = f"Cuti bersama {name}" if is_joint_leave else name
        found.append(
            NationalHoliday(date(year, int(month), int(number)), label, is_joint_leave, source)
        )
    return found


NATIONAL: dict[date, NationalHoliday] = {
    day.date: day for decree in DECREES for day in sorted(read(*decree), key=lambda row: row.date)
}
FIRST_YEAR, LAST_YEAR = min(NATIONAL).year, max(NATIONAL).year
