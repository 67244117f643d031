"""The `tuntas` command. Every message is one sentence that says what is wrong and what to do.

Exit codes: 0 done, 1 a check failed, 2 wrong use or bad input (nothing was stored), 3 no answers.
"""

from __future__ import annotations

import click

from tuntas.cli import keeping, offices, privacy, proofs, results, rollups, running, spreadsheets


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tuntas")
def main() -> None:
    """Tuntas: survei kepuasan masyarakat sampai tuntas."""


for command in (
    running.serve,
    running.supervise,
    running.work,
    running.web,
    running.prepare,
    running.demo,
    running.manage,
    running.doctor,
    offices.office,
    offices.unit,
    offices.service,
    offices.audience,
    offices.user,
    spreadsheets.import_group,
    results.index,
    results.close,
    results.report,
    results.poster,
    results.pekppp,
    keeping.backup,
    keeping.restore,
    keeping.move,
    proofs.pack,
    proofs.verify,
    privacy.dictionary,
    rollups.rollup,
    rollups.aggregate,
):
    main.add_command(command)
