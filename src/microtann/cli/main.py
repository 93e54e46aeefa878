"""The command ``microtann``: sub-commands for every stage, from a lattice cell to a loaded structure."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import microtann
from microtann.cli import data
from microtann.cli.cell import cell
from microtann.cli.demo import demo
from microtann.cli.evaluate import evaluate
from microtann.cli.form_choice import DEFAULT_FORM
from microtann.cli.guard import INTERRUPTED, RESUME, GuardedGroup
from microtann.cli.page import report
from microtann.cli.sections import reference
from microtann.cli.simulate import simulate
from microtann.cli.train import TrainCommand, train

app = typer.Typer(
    name="microtann",
    cls=GuardedGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    help=(
        "From an inelastic lattice microstructure to a fast, thermodynamically sound material for finite elements."
        "\n\n"
        "The stages in their order: [bold]data[/bold], [bold]train[/bold], [bold]evaluate[/bold], "
        "[bold]simulate[/bold], [bold]report[/bold]; [bold]demo[/bold] runs them all. Parameters come from a TOML "
        "file (--config), single ones from --set section.key=value; [bold]microtann configuration[/bold] prints "
        "every key with its default and meaning.\n\n"
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


app.command("cell")(cell)
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
    try:
        app()
    except KeyboardInterrupt:
        sys.stderr.write(f"microtann: {RESUME}\n")
        raise SystemExit(INTERRUPTED) from None
