"""The sub-commands, each imported when it is used: the help that lists them needs none, and comes at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module, resources
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

from microtann.cli.guard import GuardedGroup


class CommandPlace(NamedTuple):
    """Where a sub-command is.

    Parameters
    ----------
    module : str
        Below `microtann.cli`. If it has an application ``app`` of its own, that is the command.
    function : str
        With typer's annotations; the first line of its docstring is what the help lists.
    command : str
        Name of a class of the module in place of typer's own kind of command.
    """

    module: str
    function: str
    command: str = ""

    @property
    def sentence(self) -> str:
        """The first line of the docstring, read from the source."""
        source = (resources.files("microtann.cli") / f"{self.module}.py").read_text(encoding="utf-8")
        functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
        chosen = next(node for node in functions if node.name == self.function)
        return (ast.get_docstring(chosen) or "").partition("\n")[0]


PLACES = {
    "cell": CommandPlace("cell", "cell"),
    "data": CommandPlace("data", "data"),
    "train": CommandPlace("train", "train", "TrainCommand"),
    "reduce": CommandPlace("reduce", "reduce"),
    "tune": CommandPlace("tune", "tune"),
    "study": CommandPlace("study", "study"),
    "models": CommandPlace("models", "models"),
    "evaluate": CommandPlace("evaluate", "evaluate"),
    "cost": CommandPlace("cost", "cost"),
    "simulate": CommandPlace("simulate", "simulate"),
    "job": CommandPlace("job", "job"),
    "refine": CommandPlace("refine", "refine"),
    "export": CommandPlace("export", "export"),
    "explore": CommandPlace("explore", "explore"),
    "compare": CommandPlace("compare", "compare"),
    "replay": CommandPlace("replay", "replay"),
    "reproduce": CommandPlace("reproduce", "reproduce"),
    "report": CommandPlace("page", "report"),
    "examples": CommandPlace("examples", "examples"),
    "demo": CommandPlace("demo", "demo"),
    "configuration": CommandPlace("reference", "configuration"),
}
"""The sub-commands by name, as the help lists them: along the way of the data."""


class Commands(Mapping[str, Any]):
    """The sub-commands by name; each is imported when it is looked up for the first time."""

    def __init__(self) -> None:
        self._imported: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._imported:
            self._imported[name] = _imported(name, PLACES[name])
        return self._imported[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


class Stages(GuardedGroup):
    """The sub-commands, in the order of the work."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the sub-commands."""
        return list(PLACES)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, from the sentences alone."""
        commands = self.commands
        self.commands = {name: TyperCommand(name=name, help=place.sentence) for name, place in PLACES.items()}
        try:
            super().format_help(ctx, formatter)
        finally:
            self.commands = commands


def _imported(name: str, place: CommandPlace) -> Any:
    module = import_module(f"microtann.cli.{place.module}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, rich_markup_mode="markdown")
        kind = getattr(module, place.command) if place.command else None
        app.command(name, cls=kind)(getattr(module, place.function))
    command = typer.main.get_command(app)
    command.name = name
    return command
