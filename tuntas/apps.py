"""Registers the system checks and the kinds of background work when Django starts."""

from django.apps import AppConfig


class TuntasConfig(AppConfig):
    name = "tuntas"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import tuntas.checks
        import tuntas.chores
        import tuntas.imports.steps
        import tuntas.orders
        import tuntas.webhooks  # noqa: F401  # registering needs settings and models
