"""Registers the system checks when Django starts."""

from django.apps import AppConfig


class TuntasConfig(AppConfig):
    name = "tuntas"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import tuntas.checks  # noqa: F401  # registering needs the settings to be loaded
