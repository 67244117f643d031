"""What all staff forms share: describe each field by its hint and error, keep limits visible."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from tuntas.law.months import Span


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


class SpanField(forms.CharField):
    """A month, quarter, semester, year or free span; its value is a Span."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Periode"))
        kwargs.setdefault(
            "help_text",
            gettext_lazy("2023-S1 (semester), 2023-Q2 (triwulan), 2023-01 (bulan), 2023."),
        )
        super().__init__(max_length=20, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return Span.parse(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from error


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
