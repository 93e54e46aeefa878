"""The command ``microtann``: sub-commands for every stage, from a lattice cell to a loaded structure."""

from __future__ import annotations

import atexit
import io
import os
import sys
from typing import Annotated

import typer

import microtann
from microtann.cli.commands import Stages
from microtann.system.interrupt import INTERRUPTED, leave_on_interrupt

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
        "Every stage leaves a folder: its numbers (numbers.json), its tables and what was computed (CSV), figures "
        "(PNG), fields for ParaView where there are some, and configuration.toml, which repeats it.\n\n"
        "Exit codes: 0 done, 2 bad input, 3 an iteration did not converge, 130 interrupted."
    ),
)


def _show_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"microtann {microtann.__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


def run() -> None:
    """Run the command line; the entry point of the console script."""
    leave_on_interrupt(is_command=True)
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
