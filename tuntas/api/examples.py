"""An answer of each call as openapi.json and the page of it show it; a test holds them to the shapes."""

from __future__ import annotations

from typing import Any

ELEMENT = {
    "code": "requirements",
    "name": "Persyaratan",
    "n": 27,
    "mean": "3.296296296296",
    "weight": "1/9",
    "weighted": "0.366255144033",
    "grade": "B",
}
INDEX: dict[str, Any] = {
    "n": 27,
    "index_value": "3.216049382716",
    "converted": "80.401234567901",
    "converted_2": "80.40",
    "grade": "B",
    "performance": "Baik",
    "weights": "exact",
    "interval95": ["77.812345678901", "82.990123456901"],
    "flags": ["indicative"],
}
MONTH: dict[str, Any] = {
    **INDEX,
    "office": "bkn.kanreg10",
    "unit": None,
    "month": "2026-09",
    "state": "closed",
    "elements": [ELEMENT],
    "instruments": [],
    "source": None,
    "closed_at": "2026-10-02T08:15:00+08:00",
    "closure_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "url": "https://skm.kantor.go.id/o/bkn.kanreg10/2026-09/",
}
PAGE: dict[str, Any] = {"count": 1, "page": 1, "pages": 1, "next": None}
INVITATION = {
    "url": "https://skm.kantor.go.id/s/k7mw3x9pqr2t/?u=7KQ2MX4RT9WZ3HBC",
    "code": "7KQ2MX4RT9WZ3HBC",
    "expires": "2026-11-30",
}
SPAN: dict[str, Any] = {
    **INDEX,
    "office": "bkn.kanreg10",
    "unit": None,
    "service": None,
    "from": "2026-07",
    "to": "2026-09",
    "months": ["2026-07", "2026-08"],
    "open": ["2026-09"],
    "elements": [ELEMENT],
    "instruments": [],
    "historical": [],
}
FEEDBACK = {
    "id": 812,
    "unit": "pensiun",
    "service": "pensiun",
    "kind": "complaint",
    "state": "waiting",
    "received_on": "2026-09-14",
    "due_on": "2026-09-21",
    "answered_on": None,
    "answered_as": None,
    "text": None,
}
PLAN = {
    "id": 31,
    "unit": "pensiun",
    "survey_month": "2026-06",
    "element": "facilities",
    "action": "Menambah kursi di ruang tunggu.",
    "stage": "running",
    "is_finished": False,
    "due_on": "2026-12-31",
    "start_month": "2026-07",
    "end_month": None,
    "lead_time_months": 1,
}
ROLLUP_OFFICE: dict[str, Any] = {
    **INDEX,
    "office": "bkn.kanreg10",
    "code": "kanreg10",
    "name": "Kantor Regional X BKN",
    "depth": 1,
    "from_outside": False,
    "has_below": False,
    "months_closed": 2,
    "months_due": 3,
    "rank": [1, 2],
}
# Method, address below /api/v1, status: the answer.
ANSWERS: dict[tuple[str, str, str], Any] = {
    ("get", "/services", "200"): [
        {
            "office": "kanreg10",
            "unit": "pensiun",
            "service": "pensiun",
            "name": "Layanan Pensiun",
            "url": "https://skm.kantor.go.id/s/k7mw3x9pqr2t/",
            "codes": "optional",
            "is_open": True,
        }
    ],
    ("post", "/invitations", "200"): INVITATION,
    ("post", "/invitations", "201"): INVITATION,
    ("get", "/index", "200"): SPAN,
    ("get", "/rollup", "200"): {
        **INDEX,
        "office": "bkn",
        "from": "2026-07",
        "to": "2026-09",
        "elements": [ELEMENT],
        "instruments": [],
        "offices": [ROLLUP_OFFICE],
        "missing": [
            {
                "office": "bkn.kanreg10",
                "name": "Kantor Regional X BKN",
                "months": ["2026-09"],
            }
        ],
        "historical": [],
    },
    ("get", "/feedback", "200"): {**PAGE, "results": [FEEDBACK]},
    ("get", "/plans", "200"): {**PAGE, "results": [PLAN]},
    ("get", "/offices/{address}/results", "200"): {
        **PAGE,
        "office": "bkn.kanreg10",
        "name": "Kantor Regional X BKN",
        "licence": {
            "name": "CC-BY-4.0",
            "title": "Creative Commons Attribution 4.0 (CC BY 4.0)",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        },
        "results": [MONTH],
    },
    ("get", "/offices/{address}/results/{month}", "200"): MONTH,
}
REQUESTS: dict[tuple[str, str], Any] = {
    ("post", "/invitations"): {"service": "pensiun", "ticket": "T-2026/0001"},
}
