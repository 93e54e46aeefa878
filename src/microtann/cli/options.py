"""Options that several sub-commands share, and options that stand for one key of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from microtann.cli.microstructure import CellChoice
from microtann.cli.solid_choice import SOLID_FAMILIES
from microtann.errors import InputError
from microtann.microstructure.bars.cells.families import FAMILIES
from microtann.microstructure.frames.frame_families import FRAME_FAMILIES
from microtann.numbers.configuration import defaults, descriptions
from microtann.tann.form import DEFAULT_FORM


def setting(kind: type[Any], key: str, meaning: str = "") -> Any:
    """Return the option that sets one key of a configuration; its help gives meaning and default.

    Parameters
    ----------
    kind : type
        The configuration.
    key : str
        One of its fields.
    meaning : str, optional
        In place of the meaning that the configuration gives.
    """
    text = (meaning or descriptions(kind)[key]).rstrip(".")
    default = defaults(kind)[key]
    shown = f"{default:g}" if isinstance(default, float) else str(default)
    return typer.Option(help=f"{text}. [default: {shown}]" if default not in ("", []) else f"{text}.")


Output = Annotated[
    Path, typer.Option("--output", "-o", help="Folder of the results; it must be new, empty or ours.")
]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="TOML file with the parameters; see `microtann configuration`."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Set one parameter; may be given several times."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results of another configuration.")]
CELL = (
    f"{', '.join([*FAMILIES, *FRAME_FAMILIES, *SOLID_FAMILIES])}, a file (JSON, TOML, a line mesh, an image), "
    "or a microstructure of "
    f"another kind: its name, or module:name of one of yours. [default: {CellChoice().kind}]"
)
Cell = Annotated[str | None, typer.Option("--cell", metavar="CELL", help=f"The cell: {CELL}")]
Units = Annotated[int | None, setting(CellChoice, "units")]
Perturbation = Annotated[float | None, setting(CellChoice, "perturbation")]
CellArgument = Annotated[str | None, typer.Argument(metavar="CELL", help=CELL)]
FormOption = Annotated[str | None, typer.Option(help=f"Form of the TANN. [default: {DEFAULT_FORM}]")]
Seeds = Annotated[str, typer.Option(help="Seeds of the training, as in 0,1,2.")]


def integers(name: str, text: str) -> list[int]:
    """Return the numbers that an option lists, each once and in rising order.

    Raises
    ------
    InputError
        If it lists something else.
    """
    least = 0 if name == "seeds" else 1
    try:
        numbers = sorted({int(word) for word in text.split(",")})
    except ValueError:
        raise InputError(f"--{name} takes whole numbers such as 4,8,12, got {text!r}") from None
    if numbers[0] < least:
        raise InputError(f"--{name} takes numbers from {least} on, got {numbers[0]}")
    return numbers
