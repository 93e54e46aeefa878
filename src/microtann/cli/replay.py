"""``microtann replay``: a Gauss point at which a simulation failed, tried again alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import console
from microtann.cli.named_model import named_material
from microtann.errors import InputError
from microtann.fem import Material
from microtann.fem.failed_point import FailedPoint, HeldMaterial, read_failed_point
from microtann.microstructure.registry import microstructure_class
from microtann.report.failed_point_section import divided_increment_table, failure_lines
from microtann.tann.shipped import load


def replay(
    file: Annotated[Path, typer.Argument(help="File of a failed Gauss point.")],
    material: Annotated[
        str | None,
        typer.Option(
            "--material",
            "-m",
            metavar="MATERIAL",
            help="Shipped model, model file, or module:name of an object of yours, or of a class without "
            "arguments. [default: that in the file]",
        ),
    ] = None,
) -> None:
    """Try a Gauss point at which a simulation failed again, alone, from the file that it left.

    The strain increment of the last attempt is given to the material as a whole, and in 2, 4, ... equal parts. For
    every answer it shows how far the tangent is from finite differences of the stress, and from symmetric.
    """
    point, held = read_failed_point(file)
    chosen = held_material(file, point, held) if material is None else named_material(material)
    screen = console()
    for line in failure_lines(point):
        screen.print(line, markup=False, soft_wrap=True)
    screen.print()
    screen.print(divided_increment_table(point, chosen).to_terminal())


def held_material(file: Path, point: FailedPoint, held: HeldMaterial) -> Material:
    """Return the material that a file holds.

    Parameters
    ----------
    file : Path
    point : FailedPoint
    held : HeldMaterial
        What the file holds of the material.

    Raises
    ------
    InputError
        If it holds none, or a microstructure of a kind that is not known.
    """
    if held.kind:
        known = microstructure_class(held.kind)
        if known is not None:
            return known.of_groups(held.groups)
    if held.model:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            path.write_bytes(held.model)
            return load(path)
    why = f", of which it says only that it is a {held.kind!r}, a kind not known here" if held.kind else ""
    raise InputError(
        f"{file} does not hold its material ({point.description}){why}: name it with --material module:name, "
        "where the module is a Python file in this folder"
    )
