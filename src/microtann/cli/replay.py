"""``microtann replay``: a Gauss point at which a simulation failed, tried again alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from microtann.cli.messages import console
from microtann.cli.microstructure import named_object
from microtann.cli.model import EXACT, chosen_model
from microtann.errors import InputError
from microtann.fem import Material
from microtann.fem.failed_point import FailedPoint, HeldMaterial, read_failed_point
from microtann.fem.failure import tangent_errors
from microtann.microstructure.registry import microstructure_class
from microtann.report.table import Column, Table, Value
from microtann.tann.shipped import load

PARTS = (1, 2, 4, 8, 16, 32, 64)
"""Equal parts in which the strain increment is tried."""


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
    for line in story(point):
        screen.print(line, markup=False, soft_wrap=True)
    screen.print()
    screen.print(parts_table(point, chosen).to_terminal())


def named_material(name: str) -> Material:
    """Return a model by its name or file, or a material of the user by module and name.

    Raises
    ------
    InputError
        If there is none.
    """
    if ":" not in name or Path(name).exists():
        found = chosen_model(name)
        if found is None:
            raise InputError(
                f"{EXACT!r} is not enough here: a microstructure is in the file if it was the material"
            )
        return found
    made = named_object(name)
    material = made() if isinstance(made, type) else made
    if not (hasattr(material, "initial_state") and hasattr(material, "update")):
        raise InputError(f"{name} is no material: it lacks initial_state or update")
    return material


def held_material(file: Path, point: FailedPoint, held: HeldMaterial) -> Material:
    """Return the material that a file holds.

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


def story(point: FailedPoint) -> list[str]:
    """Return what is known of a failure, in lines."""
    step = f" of step {point.step!r}" if point.step else ""
    lines = [f"{point}, increment {point.increment}{step}", f"material: {point.description}", point.reason, ""]
    lines += [f"strain            {_vector(point.strain)}", f"strain increment  {_vector(point.strain_increment)}"]
    for failed in point.failures:
        residuals = ", ".join(f"{r:.1e}" for r in failed.residuals[-8:]) or "none"
        lines.append(
            f"attempt from {failed.start:.4g} to {failed.end:.4g}: residuals {residuals}; {failed.reason}"
        )
    return lines


def parts_table(point: FailedPoint, material: Material) -> Table:
    """Return how the material answers to the strain increment as a whole, and in equal parts."""
    rows: list[tuple[Value, ...]] = []
    for parts in PARTS:
        rows.append((parts, *_answer(point, material, parts)))
    columns = (
        Column("parts", kind="integer"),
        Column("answer", kind="text"),
        Column("|stress|", kind="error"),
        Column("energy", kind="error"),
        Column("tangent off", kind="error"),
        Column("skew", kind="error"),
    )
    note = (
        "tangent off: largest difference of the tangent of the last part from finite differences of the stress. "
    )
    note += "skew: its largest difference from its transpose. Both relative to its largest entry."
    return Table("The strain increment in equal parts", columns, tuple(rows), note)


def _answer(point: FailedPoint, material: Material, parts: int) -> tuple[Value, ...]:
    """Return one row of the table, without the number of parts."""
    increment, state, dt = point.strain_increment[None] / parts, dict(point.state), point.dt / parts
    with np.errstate(all="ignore"):
        for part in range(parts):
            before = state
            try:
                stress, tangent, state = material.update(increment.copy(), dict(before), dt, True)
            except Exception as error:  # whatever a user's material raises is its answer
                where = f" in part {part + 1}" if parts > 1 else ""
                return f"{type(error).__name__}{where}: {error}", None, None, None, None
            wrong = [
                name
                for name, values in (("stress", stress), ("tangent", tangent), ("energy", state["energy"]))
                if not np.isfinite(np.asarray(values, dtype=np.float64)).all()
            ]
            if wrong:
                where = f" in part {part + 1}" if parts > 1 else ""
                return f"{' and '.join(wrong)} not finite{where}", None, None, None, None
        try:
            off, skew = (float(value[0]) for value in tangent_errors(material, increment, before, dt))
        except Exception as error:
            return f"{type(error).__name__} beside it: {error}", None, None, None, None
    return "ok", float(np.linalg.norm(stress)), float(state["energy"][0]), off, skew


def _vector(values: Any) -> str:
    return "  ".join(f"{value: .4e}" for value in values)
