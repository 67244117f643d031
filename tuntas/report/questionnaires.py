"""The questionnaire of an edition on paper, after the model sheet of the regulation.

PermenPANRB 14/2017, Lampiran III, p. 27–28: head, profile, opinions with the score column, and the
lines for suggestions the text asks for on p. 16. One sheet of A4 or F4, printed on both sides at most.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from tuntas.law.profile import PROFILE
from tuntas.models import Edition, PaperBatch, Service, Stationery
from tuntas.report.pdf import typeset

# A longer questionnaire is set smaller, so that it stays on one sheet.
TEXT_SIZES = ((9, 10.5), (16, 9.5), (28, 8))
SMALLEST = 7
MOST_COPIES = 200


def questionnaire(
    service: Service,
    *,
    edition: Edition | None = None,
    batch: PaperBatch | None = None,
    numbers: Sequence[int] = (),
) -> bytes:
    """PDF/A of one blank sheet, or of the numbered sheets of a batch. Raises MissingFont."""
    asked = edition or service.edition
    questions = asked.question_list
    data = {
        "title": f"Kuesioner {service.name}",
        "content": {
            "office": service.office.name,
            "paper": Stationery.of(service.office).paper,
        },
        "unit": service.unit.name,
        "service": service.name,
        "batch": batch.name if batch else "",
        "numbers": [str(number) for number in numbers] or [""],
        "size": next((size for most, size in TEXT_SIZES if len(questions) <= most), SMALLEST),
        "is_demo": service.office.is_demo,
        "edition": f"{asked.name}, edisi {asked.number}",
        "questions": [
            {"text": question.text, "options": list(question.options)} for question in questions
        ],
        "profile": [
            {"label": question.label, "choices": [list(choice) for choice in question.choices]}
            for question in PROFILE
        ],
    }
    return typeset("questionnaire", data, made_at=timezone.now())
