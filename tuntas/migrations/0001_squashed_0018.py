"""A short way for new databases: the outcome of migrations 0001 to 0018, made at once.

A database that has any of them goes on with those; an empty one gets each table in its last shape,
and the triggers, instead of every table being made and made over on the way. Both ways end in the
same tables: tests/test_migrations.py compares them on both engines.
"""

from importlib import import_module

from django.db import migrations
from django.db.migrations.operations.base import Operation

REPLACED = (
    "0001_initial",
    "0002_append_only",
    "0003_collecting",
    "0004_codes",
    "0005_editions",
    "0006_channels",
    "0007_sheets",
    "0008_inbox",
    "0009_plans",
    "0010_watch",
    "0011_uniques",
    "0012_proof",
    "0013_publish",
    "0014_rollup",
    "0015_papers",
    "0016_people",
    "0017_hooks",
    "0018_privacy",
)
STEPS = {name: import_module(f"{__package__}.{name}") for name in REPLACED}
# What those migrations do to rows has nothing to do in an empty database; the triggers have.
TRIGGERS = (
    STEPS["0002_append_only"].install,
    STEPS["0005_editions"].install,
    STEPS["0009_plans"].install_triggers,
    STEPS["0012_proof"].install_triggers,
    STEPS["0014_rollup"].install,
    STEPS["0015_papers"].install_triggers,
    STEPS["0018_privacy"].install_triggers,
)


class Together(Operation):
    """Every operation of the migrations replaced, in their last outcome. For empty databases."""

    reversible = False

    def state_forwards(self, app_label, state):
        # Models made for the state before would be made anew at every step: seventeen seconds.
        state.__dict__.pop("apps", None)
        for step in STEPS.values():
            for operation in step.Migration.operations:
                operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for name in to_state.models:
            if name[0] == app_label:
                schema_editor.create_model(to_state.apps.get_model(*name))
        for install in TRIGGERS:
            install(to_state.apps, schema_editor)

    def describe(self):
        return "Make every table in its last shape"


class Migration(migrations.Migration):
    initial = True
    replaces = [("tuntas", name) for name in REPLACED]
    dependencies = []
    operations = [Together()]
