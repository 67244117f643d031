"""Questionnaire › Edition › Element and Question. A published edition never changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from django.core import signing
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tuntas.law.elements import in_regulation_order
from tuntas.law.instruments import SKM
from tuntas.law.questionnaires import BUILTIN, BuiltinQuestionnaire
from tuntas.law.tally import Layout, Tally, count
from tuntas.models.audit import Event
from tuntas.models.drafts import Draft, DraftQuestion, FeeQuestion, Problem, elements_asked
from tuntas.models.offices import Office
from tuntas.models.people import User

PREVIEW_SALT, PREVIEW_SECONDS = "tuntas.preview", 12 * 3600


class AlreadyPublished(Exception):
    """A published edition never changes; the next edition can."""


class NotReady(Exception):
    """The draft cannot be published; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"{len(problems)} problems")


class NothingToUndo(Exception):
    """The draft has not been changed since it was made, or the change was undone."""


class DraftWaiting(Exception):
    """The questionnaire already has a draft; `draft` is it."""

    def __init__(self, draft: Edition) -> None:
        self.draft = draft
        super().__init__(f"draft {draft.pk}")


class Questionnaire(models.Model):
    """A family of editions. Built-in ones belong to no office."""

    office = models.ForeignKey(
        "tuntas.Office", models.PROTECT, null=True, blank=True, related_name="questionnaires"
    )
    code = models.CharField(_("kode"), max_length=40)
    name = models.CharField(_("nama"), max_length=200)

    class Meta:
        constraints = [
            # By expression: SQLite has no NULLS NOT DISTINCT and would hold nothing unique here.
            models.UniqueConstraint(
                Coalesce("office", 0, output_field=models.BigIntegerField()),
                "code",
                name="questionnaire_code",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EditionQuerySet(models.QuerySet["Edition"]):
    def published(self) -> EditionQuerySet:
        return self.filter(published_at__isnull=False)

    def of_office(self, office: Office) -> EditionQuerySet:
        """The built-in editions and the office's own."""
        return self.filter(
            Q(questionnaire__office__isnull=True) | Q(questionnaire__office=office)
        ).select_related("questionnaire")

    def visible_to(self, user: User) -> EditionQuerySet:
        """Built-in editions and those of offices where `user` holds any role."""
        offices = Office.objects.visible_to(user).values("pk")
        return self.filter(
            Q(questionnaire__office__isnull=True) | Q(questionnaire__office__in=offices)
        )


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
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    made_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(null=True, blank=True)
    # What the draft said before its last change (models.drafts), so that it can be undone.
    before = models.JSONField(null=True, blank=True)

    objects = EditionQuerySet.as_manager()

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
        """What each stored character says: an element, a statement of SPKP or SPAK, or neither."""
        elements = tuple(question.element or None for question in self.question_list)
        if all(question.instrument == SKM for question in self.question_list):
            return Layout(elements)
        places = tuple(
            (question.instrument, question.statement) if question.instrument != SKM else None
            for question in self.question_list
        )
        return Layout(elements, places)

    @cached_property
    def element_codes(self) -> tuple[str, ...]:
        """Elements of the index: the regulation's nine first, in its order, then the extra ones."""
        return elements_asked(question.element for question in self.question_list)

    @property
    def is_builtin(self) -> bool:
        return self.questionnaire.office_id is None

    @property
    def label(self) -> str:
        """How lists name it: an office's own with its number."""
        if self.is_builtin:
            return self.name
        return gettext("%(name)s, edisi %(number)s") % {"name": self.name, "number": self.number}

    @property
    def weights(self) -> dict[str, Fraction] | None:
        """The edition's own weights as exact fractions, or None for equal weights."""
        return {code: Fraction(text) for code, text in self.own_weights.items()} or None

    def count(self, answers: str) -> Tally:
        """The tally of joined answers to this edition. Raises BadAnswers."""
        return count(answers, self.layout, self.weights)

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
            edition._write_questions(
                DraftQuestion(row.text, row.options, row.element, row.instrument, row.statement)
                for row in builtin.questions
            )
            edition.published_at = timezone.now()
            edition.save(update_fields=["published_at"])
            Event.record("edition.published", by=None, about=edition, code=builtin.code)
        return edition

    @classmethod
    def builtin(cls, code: str) -> Edition:
        """Published edition of a built-in questionnaire such as `skm9`. Raises KeyError."""
        return cls.publish_builtin(BUILTIN[code])

    # -- drafts ----------------------------------------------------------------------------------

    @property
    def draft(self) -> Draft:
        """What the edition says now, as a value to edit."""
        rows = tuple(
            DraftQuestion(
                row.text, tuple(row.options), row.element, row.instrument, row.statement, row.pk
            )
            for row in self.question_list
        )
        return Draft(self.name, rows, self.fee_question, dict(self.own_weights))

    @classmethod
    def begin(cls, office: Office, name: str, source: Edition, *, by: User | None) -> Edition:
        """A new questionnaire of the office whose first draft says what `source` says."""
        with transaction.atomic():
            questionnaire = Questionnaire(
                office=office, code=free_code(office, name), name=name.strip()
            )
            questionnaire.full_clean()
            questionnaire.save()
            return cls._begin(questionnaire, source, 1, by=by)

    def begin_next(self, *, by: User | None) -> Edition:
        """The draft of the next edition of the same questionnaire. Raises DraftWaiting."""
        with transaction.atomic():
            questionnaire = Questionnaire.objects.select_for_update().get(pk=self.questionnaire_id)
            waiting = questionnaire.editions.filter(published_at__isnull=True).first()
            if waiting:
                raise DraftWaiting(waiting)
            return self._begin(questionnaire, self, questionnaire.editions.count() + 1, by=by)

    @classmethod
    def _begin(
        cls, questionnaire: Questionnaire, source: Edition, number: int, *, by: User | None
    ) -> Edition:
        now, draft = timezone.now(), source.draft
        edition = cls.objects.create(
            questionnaire=questionnaire,
            number=number,
            name=questionnaire.name,
            fee_question=draft.fee_question,
            own_weights=dict(draft.own_weights),
            made_by=by,
            made_at=now,
            changed_by=by,
            changed_at=now,
        )
        edition._write_questions(replace(row, key=None) for row in draft.questions)
        Event.record(
            "edition.begun",
            by=by,
            about=edition,
            office=questionnaire.office,
            code=questionnaire.code,
            number=number,
            source=source.pk,
        )
        return edition

    def change(self, edit: Callable[[Draft], Draft], *, by: User | None, what: str) -> None:
        """Apply one edit to the draft; `what` names it for the audit. Raises AlreadyPublished."""
        with transaction.atomic():
            self._hold_draft()
            old = self.draft
            new = edit(old)
            if new == old:
                return
            self._write(new, before=old.to_json(), by=by)
            Event.record("edition.changed", by=by, about=self, office=self.office, what=what)

    def undo(self, *, by: User | None) -> None:
        """Take the last change back; once more brings it again. Raises NothingToUndo."""
        with transaction.atomic():
            self._hold_draft()
            if self.before is None:
                raise NothingToUndo
            self._write(Draft.from_json(self.before), before=self.draft.to_json(), by=by)
            Event.record("edition.changed", by=by, about=self, office=self.office, what="undo")

    def publish(self, *, by: User | None) -> None:
        """Fix the draft for ever. Raises NotReady with every problem, AlreadyPublished."""
        with transaction.atomic():
            self._hold_draft()
            problems = self.draft.problems()
            if problems:
                raise NotReady(problems)
            self.published_at, self.published_by, self.before = timezone.now(), by, None
            self.save(update_fields=["published_at", "published_by", "before"])
            Event.record(
                "edition.published",
                by=by,
                about=self,
                office=self.office,
                code=self.questionnaire.code,
                number=self.number,
            )

    def discard(self, *, by: User | None) -> None:
        """Throw the draft away, and its questionnaire when it was the first. Raises AlreadyPublished."""
        with transaction.atomic():
            self._hold_draft()
            questionnaire = self.questionnaire
            Event.record(
                "edition.discarded",
                by=by,
                about=self,
                office=self.office,
                code=questionnaire.code,
                number=self.number,
            )
            self.questions.all().delete()
            self.delete()
            if not questionnaire.editions.exists():
                questionnaire.delete()

    @property
    def office(self) -> Office | None:
        return self.questionnaire.office

    def _hold_draft(self) -> None:
        """Read the draft anew, held until the end of the transaction. Raises AlreadyPublished."""
        type(self).objects.select_for_update().get(pk=self.pk)
        self.refresh_from_db()
        self._forget()
        if self.published_at is not None:
            raise AlreadyPublished(self.pk)

    def _write(self, draft: Draft, *, before: dict[str, Any], by: User | None) -> None:
        self.name, self.fee_question = draft.name[:200], draft.fee_question
        self.own_weights, self.before = dict(draft.own_weights), before
        self.changed_by, self.changed_at = by, timezone.now()
        self.save()
        self.questions.all().delete()
        self._write_questions(draft.questions)

    def _write_questions(self, rows: Iterable[DraftQuestion]) -> None:
        """Write the questions in this order; one with a key keeps its row's."""
        Question.objects.bulk_create(
            Question(
                pk=row.key,
                edition=self,
                position=position,
                element=row.element,
                instrument=row.instrument,
                statement=row.statement,
                text=row.text,
                options=list(row.options),
            )
            for position, row in enumerate(rows, start=1)
        )
        self._forget()

    def _forget(self) -> None:
        """Drop what was computed from the questions before they changed."""
        for name in ("question_list", "layout", "element_codes"):
            self.__dict__.pop(name, None)

    # -- preview ---------------------------------------------------------------------------------

    @property
    def preview_key(self) -> str:
        """Address of the form as citizens see it, for half a day, without sign-in and storing."""
        return signing.dumps(self.pk, salt=PREVIEW_SALT)

    @classmethod
    def by_preview_key(cls, key: str) -> Edition | None:
        try:
            pk = signing.loads(key, salt=PREVIEW_SALT, max_age=PREVIEW_SECONDS)
        except signing.BadSignature:
            return None
        return cls.objects.select_related("questionnaire__office").filter(pk=pk).first()


def free_code(office: Office, name: str) -> str:
    """A code for the office's new questionnaire that is not taken."""
    code = slugify(name)[:30].strip("-") or "kuesioner"
    taken = set(office.questionnaires.values_list("code", flat=True)) | set(BUILTIN)
    numbered = (f"{code}-{n}" if n > 1 else code for n in range(1, len(taken) + 2))
    return next(candidate for candidate in numbered if candidate not in taken)


def asked_by(editions: Iterable[Edition]) -> list[str]:
    """Elements that at least one of the editions asks, in the regulation's order."""
    return in_regulation_order({code for edition in editions for code in edition.element_codes})


def weights_of(editions: Iterable[Edition]) -> dict[str, Fraction] | None:
    """The own weights that hold for answers to these editions: those all of them share, else None."""
    found = [edition.weights for edition in editions]
    return found[0] if found and all(weights == found[0] for weights in found) else None


class Question(models.Model):
    """One question with its answers, worst to best; the score is the place in the list."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    # Semantic code, never a number: the regulation numbers complaint handling and facilities
    # differently in its own questionnaire. Empty: a local question outside the index.
    element = models.CharField(max_length=40, blank=True)
    # "skm", or "spkp" or "spak" with the code of the statement rated (law.instruments).
    instrument = models.CharField(max_length=4, default=SKM, db_default=SKM)
    statement = models.CharField(max_length=20, blank=True, default="", db_default="")
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
