"""What all staff forms share: describe each field by its hint and error, keep limits visible."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from tuntas.law.months import Month, Span, calendar_spans
from tuntas.models import Office
from tuntas.models.results import first_month
from tuntas.report import numbers

ZONES = (
    ("Asia/Jakarta", gettext_lazy("WIB (Jakarta)")),
    ("Asia/Makassar", gettext_lazy("WITA (Makassar)")),
    ("Asia/Jayapura", gettext_lazy("WIT (Jayapura)")),
)
MONTHS_BELOW = 60  # that an office with others below it may choose among at least
# Kinds of periods that are offered: their name, their months, and how many of them at most.
SPANS = (
    (gettext_lazy("Semester"), 6, 12),
    (gettext_lazy("Triwulan"), 3, 12),
    (gettext_lazy("Bulan"), 1, 36),
    (gettext_lazy("Tahun"), 12, 12),
)


class MonthInput(forms.DateInput):
    """A month as `2023-01`, by the browser's own month picker where it has one."""

    input_type = "month"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m", attrs={"placeholder": "2023-01"})


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MonthField(forms.DateField):
    """First day of the chosen month."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=MonthInput(), input_formats=["%Y-%m", "%Y-%m-%d"], **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        return day.replace(day=1) if day else day


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=DayInput(), input_formats=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)


class SpanSelect(forms.Select):
    """A list of periods. What an address asks for beyond it stands on top, so that it is not lost."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        groups = super().optgroups(name, value, attrs)
        if any(option["selected"] for _group, options, _place in groups for option in options):
            return groups
        asked = value[0] if value else ""
        top = self.create_option(name, asked, span_label(asked) or asked or "–", True, 0)
        return [(None, [top], 0), *groups]


def span_label(text: str) -> str:
    """`SMT I 2023 (Jan–Jun)`, `Januari 2023`, or nothing for what is no period."""
    try:
        span = Span.parse(text)
    except ValueError:
        return ""
    title = numbers.span_title(span)
    if span.kind not in ("quarter", "half_year"):
        return title
    return f"{title} ({numbers.month(span.first)[:3]}–{numbers.month(span.last)[:3]})"


class SpanField(forms.CharField):
    """A month, quarter, semester, year or free span; its value is a Span.

    Stands in a `SpanForm`. A free span comes by an address only.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=20, label=gettext_lazy("Periode"), widget=SpanSelect(), **kwargs
        )

    def offer(self, office: Office) -> None:
        """Let choose among the periods since the first of which the office knows anything.

        Offices below may know of older ones. Asking each costs more than a longer list.
        """
        last = Month.of(office.today)
        first = min(first_month(office) or last, last)
        if office.children.exists():
            first = min(first, last + -(MONTHS_BELOW - 1))
        self.widget.choices = [
            (kind, [(str(span), span_label(str(span))) for span in spans[:most]])
            for kind, length, most in SPANS
            if (spans := calendar_spans(length, first, last))
        ]

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return Span.parse(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from error


class SpanForm(forms.Form):
    """A form whose periods are those of an office."""

    def __init__(self, *args: Any, office: Office, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, SpanField):
                field.offer(office)


class PeriodForm(SpanForm):
    period = SpanField()


def place_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Put a model's errors on the form's fields; what belongs to no field goes on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


class SeveralField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Several rows of a list; a key that no database could hold is no row."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError as error:
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": "…"}
            ) from error
