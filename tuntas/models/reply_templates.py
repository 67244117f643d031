"""ReplyTemplate: a prepared answer. What is sent from one is told apart from what was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tuntas.models.audit import Event
from tuntas.models.offices import Office
from tuntas.models.people import User

PLACES = ("layanan", "unit", "bulan")
# An answer is "by template" when at least four fifths of its words come from the template in order.
TEMPLATE_SHARE = Fraction(4, 5)


class ReplyTemplate(models.Model):
    """A named text of an office with places for the service, its unit and the survey month."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="reply_templates")
    name = models.CharField(_("nama templat"), max_length=80)
    text = models.TextField(_("isi"), max_length=1500)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    retired_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def add(cls, office: Office, name: str, text: str, *, by: User | None) -> ReplyTemplate:
        """A new template. Raises ValidationError for an unknown place or an empty text."""
        row = cls(office=office, made_by=by, made_at=timezone.now())
        with transaction.atomic():
            row._write(name, text)
            Event.record("reply-template.added", by=by, about=row, office=office)
        return row

    def change(self, name: str, text: str, *, by: User) -> None:
        """Change name and text; answers already sent keep theirs. Raises ValidationError."""
        with transaction.atomic():
            self._write(name, text)
            Event.record("reply-template.changed", by=by, about=self, office=self.office)

    def retire(self, *, by: User) -> None:
        """Offer it no longer. Raises ValidationError when it already is not."""
        if self.retired_at is not None:
            raise ValidationError(_("Templat ini sudah tidak dipakai."))
        self.retired_by, self.retired_at = by, timezone.now()
        with transaction.atomic():
            self.save(update_fields=["retired_by", "retired_at"])
            Event.record("reply-template.retired", by=by, about=self, office=self.office)

    def _write(self, name: str, text: str) -> None:
        self.name, self.text = name.strip(), text.replace("\r\n", "\n").strip()
        self.full_clean(exclude=["made_by", "retired_by"])
        problems = check(self.text)
        if problems:
            raise ValidationError({"text": problems})
        self.save()

    def fill(self, words: Mapping[str, str]) -> str:
        return re.sub(r"\{(\w+)\}", lambda place: words.get(place[1], place[0]), self.text)


def check(text: str) -> list[str]:
    """Sentences on what is wrong with a template's places."""
    problems = [
        str(_("Tempat isian {%(name)s} tidak dikenal. Yang tersedia: %(known)s."))
        % {"name": name, "known": ", ".join(f"{{{known}}}" for known in PLACES)}
        for name in re.findall(r"\{([^{}]*)\}", text)
        if name not in PLACES
    ]
    rest = re.sub(r"\{[^{}]*\}", "", text)
    if "{" in rest or "}" in rest:
        problems.append(str(_("Ada kurung kurawal yang tidak berpasangan.")))
    return problems


def share_from(template: str, sent: str) -> Fraction:
    """Which part of the words sent stands in the template, in the same order; 0 to 1."""
    source, words = plain_words(template), plain_words(sent)
    if not words:
        return Fraction(0)
    blocks = SequenceMatcher(None, source, words, autojunk=False).get_matching_blocks()
    return Fraction(sum(block.size for block in blocks), len(words))


def plain_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def template_of(
    templates: Iterable[ReplyTemplate], sent: str, words: Mapping[str, str]
) -> ReplyTemplate | None:
    """The template whose words the text mostly is, chosen or pasted; None for a text of its own."""
    shares = [(share_from(row.fill(words), sent), row) for row in templates]
    best = max(shares, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] >= TEMPLATE_SHARE else None
