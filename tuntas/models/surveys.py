"""Questionnaire › Edition › Element and Question. A published edition never changes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from tuntas.law import elements as law_elements
from tuntas.law.questionnaires import BUILTIN, BuiltinQuestionnaire
from tuntas.law.tally import Layout
from tuntas.models.audit import Event


class Questionnaire(models.Model):
    """A family of editions. Built-in ones belong to no office."""

    office = models.ForeignKey(
        "tuntas.Office", models.PROTECT, null=True, blank=True, related_name="questionnaires"
    )
    code = models.CharField(_("kode"), max_length=40)
    name = models.CharField(_("nama"), max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office", "code"], name="questionnaire_code", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FeeQuestion(models.TextChoices):
    """How the edition treats element 4 (PermenPANRB 14/2017, Lampiran I, F note *)."""

    STANDARD = "standard", _("Pertanyaan biaya menurut peraturan")
    REPLACED = "replaced", _("Pertanyaan biaya diganti")
    OMITTED = "omitted", _("Unsur biaya tidak ditanyakan")


class Edition(models.Model):
    """One fixed wording of a questionnaire. Responses point at the edition they answered."""

    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(_("nama"), max_length=200)
    fee_question = models.CharField(
        max_length=10, choices=FeeQuestion, default=FeeQuestion.STANDARD
    )
    # {"requirements": "1/8", …}: an office's own weights, summing to 1; empty means equal weights.
    own_weights = models.JSONField(default=dict, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["questionnaire", "number"]
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "number"], name="edition_number"),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def question_list(self) -> tuple[Question, ...]:
        """Questions in the order they are asked, which is the order of the stored answers."""
        return tuple(self.questions.all())

    @cached_property
    def layout(self) -> Layout:
        """Element of each stored character; None for a local question outside the index."""
        return Layout(tuple(question.element or None for question in self.question_list))

    @cached_property
    def element_codes(self) -> tuple[str, ...]:
        """Elements of the index: the regulation's nine first, in its order, then the extra ones."""
        present = {question.element for question in self.question_list if question.element}
        extra = [q.element for q in self.question_list if q.element not in ELEMENT_CODES]
        known = [code for code in ELEMENT_CODES if code in present]
        return tuple(known + list(dict.fromkeys(code for code in extra if code)))

    @property
    def weights(self) -> dict[str, Fraction] | None:
        """The edition's own weights as exact fractions, or None for equal weights."""
        return {code: Fraction(text) for code, text in self.own_weights.items()} or None

    @classmethod
    def publish_builtin(cls, builtin: BuiltinQuestionnaire) -> Edition:
        """The published edition of a built-in questionnaire, made on first use."""
        with transaction.atomic():
            questionnaire, _created = Questionnaire.objects.get_or_create(
                office=None, code=builtin.code, defaults={"name": builtin.name}
            )
            found = questionnaire.editions.filter(published_at__isnull=False).first()
            if found:
                return found
            edition = cls.objects.create(questionnaire=questionnaire, name=builtin.name)
            Question.objects.bulk_create(
                Question(
                    edition=edition,
                    position=position,
                    element=question.element,
                    text=question.text,
                    options=list(question.options),
                )
                for position, question in enumerate(builtin.questions, start=1)
            )
            edition.published_at = timezone.now()
            edition.save(update_fields=["published_at"])
            Event.record("edition.published", by=None, about=edition, code=builtin.code)
        return edition

    @classmethod
    def builtin(cls, code: str) -> Edition:
        """Published edition of the built-in `skm9`, `skm16` or `skm16-online`. Raises KeyError."""
        return cls.publish_builtin(BUILTIN[code])


ELEMENT_CODES = tuple(element.code for element in law_elements.ELEMENTS)


class Question(models.Model):
    """One question with its four answers, worst to best; the score is the place in the list."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    # Semantic code, never a number: the regulation numbers complaint handling and facilities
    # differently in its own questionnaire. Empty: a local question outside the index.
    element = models.CharField(max_length=40, blank=True)
    text = models.CharField(_("pertanyaan"), max_length=400)
    options = models.JSONField(_("pilihan jawaban"))

    class Meta:
        ordering = ["edition", "position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "position"], name="question_position"),
            models.CheckConstraint(condition=Q(position__gte=1), name="question_position_from_1"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def scored_options(self) -> list[tuple[int, Any]]:
        """(score, label) pairs, worst first."""
        return list(enumerate(self.options, start=1))
