"""The command ``microtann``: sub-commands for every stage, from a lattice cell to a loaded structure."""

from __future__ import annotations

import atexit
import io
import os
import sys
from typing import Annotated, Any

import typer

import microtann
from microtann.cli import data
from microtann.cli.cell import cell
from microtann.cli.demo import demo
from microtann.cli.evaluate import evaluate
from microtann.cli.form_choice import DEFAULT_FORM
from microtann.cli.guard import GuardedGroup
from microtann.cli.page import report
from microtann.cli.sections import reference
from microtann.cli.simulate import simulate
from microtann.cli.train import TrainCommand, train
from microtann.interrupt import INTERRUPTED, begin

ORDER = ("cell", "data", "train", "evaluate", "simulate", "report", "demo", "configuration")
"""The commands as the help lists them: along the way of the data."""


class Stages(GuardedGroup):
    """The sub-commands, in the order of the work."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the sub-commands."""
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    name="microtann",
    cls=Stages,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
    help=(
        "From an inelastic lattice microstructure to a fast, thermodynamically sound material for finite elements."
        "\n\n"
        "The stages in their order: **data**, **train**, **evaluate**, **simulate**, **report**; **demo** runs "
        "them all. Parameters come from a TOML file (--config), single ones from --set section.key=value; "
        "**microtann configuration** prints every key with its default and meaning.\n\n"
        "Exit codes: 0 done, 2 bad input, 3 an iteration did not converge, 130 interrupted."
    ),
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"microtann {microtann.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


app.add_typer(data.app, name="data")
app.command("train", cls=TrainCommand)(train)
app.command("evaluate")(evaluate)
app.command("simulate")(simulate)
app.command("cell")(cell)
app.command("report")(report)
app.command("demo")(demo)


@app.command("configuration")
def _configuration(
    form: Annotated[str, typer.Option(help="Form of TANN whose keys [train] shows.")] = DEFAULT_FORM,
) -> None:
    """Print every key of the configuration with its default and meaning, as a TOML file to start from."""
    sys.stdout.write(reference(form))


def run() -> None:
    """Run the command line; the entry point of the console script."""
    begin(command=True)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no such letters shows others
            stream.reconfigure(errors="replace")
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)  # threads that still compile would crash in an interpreter that is taken down
        raise
