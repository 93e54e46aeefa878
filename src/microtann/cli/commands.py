"""The sub-commands, each imported when it is used: the help that lists them needs none, and comes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

from microtann.cli.guard import GuardedGroup


class Place(NamedTuple):
    """Where a sub-command is, and the sentence by which the help lists it.

    Parameters
    ----------
    module : str
        Below `microtann.cli`.
    name : str
        A function with typer's annotations, or an application of its own.
    sentence : str
        The first line of its docstring.
    command : str
        Name of a class of the module in place of typer's own kind of command.
    """

    module: str
    name: str
    sentence: str
    command: str = ""


PLACES = {
    "data": Place(
        "data",
        "app",
        "Generate training data from a lattice cell along random strain walks (HDF5), or check a data file.",
    ),
    "train": Place(
        "train",
        "train",
        "Train a TANN from a data file; an interrupted training goes on where it stopped.",
        "TrainCommand",
    ),
    "evaluate": Place(
        "evaluate",
        "evaluate",
        "Run a model in closed loop and measure its errors against the exact cell, beside the published network.",
    ),
    "simulate": Place(
        "simulate",
        "simulate",
        "Compute a reference structure with a model, with the exact cell on the same mesh, and as a full lattice.",
    ),
    "replay": Place(
        "replay",
        "replay",
        "Try a Gauss point at which a simulation failed again, alone, from the file that it left.",
    ),
    "cost": Place(
        "cost",
        "cost",
        "Predict time, memory and errors of DNS, FE² and FE × TANN for a structure, and recommend one.",
    ),
    "cell": Place(
        "cell",
        "cell",
        "Drive a lattice cell by average strain, average stress or any mix, and draw what it does.",
    ),
    "reduce": Place(
        "reduce",
        "reduce",
        "Make a TANN from a lattice cell without training, in seconds, and measure its error.",
    ),
    "models": Place(
        "models",
        "models",
        "List the trained models that come with microtann, or show the card of one.",
    ),
    "report": Place(
        "page", "report", "Gather the sections of finished stages into one self-contained report.html."
    ),
    "reproduce": Place(
        "reproduce",
        "reproduce",
        "Make the figures of a section of the paper again, beside what the paper claims.",
    ),
    "study": Place(
        "study",
        "app",
        "Study how many internal state variables or how much data a cell needs, or compare two models' states.",
    ),
    "tune": Place(
        "tune",
        "tune",
        "Choose hyper-parameters of a form by the error of its models on validation walks, in closed loop.",
    ),
    "demo": Place(
        "demo",
        "demo",
        "Run every stage: data, training, closed-loop evaluation, torsion of a prism by 60° (lcT2), report.",
    ),
    "configuration": Place(
        "reference",
        "configuration",
        "Print every key of the configuration with its default and meaning, as a TOML file to start from.",
    ),
}
"""The sub-commands by name."""
ORDER = (
    "cell",
    "data",
    "train",
    "reduce",
    "tune",
    "study",
    "models",
    "evaluate",
    "cost",
    "simulate",
    "replay",
    "reproduce",
    "report",
    "demo",
    "configuration",
)
"""How the help lists them: along the way of the data."""


class Commands(Mapping[str, Any]):
    """The sub-commands by name; each is imported when it is looked up for the first time."""

    def __init__(self) -> None:
        self._imported: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._imported:
            self._imported[name] = _imported(name, PLACES[name])
        return self._imported[name]

    def __iter__(self) -> Iterator[str]:
        return iter(ORDER)

    def __len__(self) -> int:
        return len(ORDER)


class Stages(GuardedGroup):
    """The sub-commands, in the order of the work."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the sub-commands."""
        return list(ORDER)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, from the sentences alone."""
        commands = self.commands
        self.commands = {name: TyperCommand(name=name, help=PLACES[name].sentence) for name in ORDER}
        try:
            super().format_help(ctx, formatter)
        finally:
            self.commands = commands


def _imported(name: str, place: Place) -> Any:
    module = import_module(f"microtann.cli.{place.module}")
    target = getattr(module, place.name)
    if isinstance(target, typer.Typer):
        command = typer.main.get_command(target)
        command.name = name
        return command
    single = typer.Typer(pretty_exceptions_enable=False, add_completion=False, rich_markup_mode="markdown")
    single.command(name, cls=getattr(module, place.command) if place.command else None)(target)
    return typer.main.get_command(single)
