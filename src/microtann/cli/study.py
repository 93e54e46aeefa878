"""``microtann study``: how many internal state variables, how much data, and what two models have in common."""

from __future__ import annotations

import typer

from microtann.cli.study_increments import increments
from microtann.cli.study_isvs import isvs
from microtann.cli.study_states import states

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
app.command("isvs")(isvs)
app.command("increments")(increments)
app.command("states")(states)


@app.callback()
def study() -> None:
    """Study how many internal state variables or how much data a cell needs, or compare two models' states.

    Every training is a stage of its own: an interrupted study goes on where it stopped, and a longer one starts
    from what is there.
    """
