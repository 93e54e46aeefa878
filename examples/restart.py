"""A long simulation goes on where it was stopped, to the last bit.

A column of lattice is bent and released in eight increments; every equilibrium is recorded. The run is
stopped within the third increment, as Ctrl-C or a full disk would, and goes on from its record. What it then
finds is what a run without a stop finds, not within a tolerance but with the same bits: the record has all
that the next increment depends on.

Run it with ``python examples/restart.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import microtann as mt


class StopError(Exception):
    """What Ctrl-C would be."""


def column() -> tuple[mt.fem.Model, list[mt.fem.Step]]:
    """Return the model and its steps."""
    mesh = mt.fem.box((1, 1, 3), (2, 2, 6)).named(
        sets={"base": lambda x: x[:, 2] == 0, "top": lambda x: x[:, 2] == 3}
    )
    held = [mt.fem.Prescribed("base", axis) for axis in "xyz"]
    bend = mt.fem.Step([*held, mt.fem.Prescribed("top", "x", 4.0)], increments=4, name="bend")
    return mt.fem.Model(mesh, mt.load("cube")), [bend, mt.fem.Step(held, increments=4, name="release")]


def main(picture: Path | None = None) -> tuple[int, float]:
    """Return the increment after which the run was stopped, and the largest difference of the displacements."""
    model, steps = column()
    whole = model.solve(steps)
    with TemporaryDirectory() as folder:
        record = Path(folder) / "bend"

        def stop(progress: mt.fem.Progress) -> None:
            if progress.increment == 2:
                raise StopError

        try:
            model.solve(steps, mt.fem.SolverOptions(), stop, record=record)
        except StopError:
            found = len(model.read(record).energy)
        again = model.solve(steps, record=record, restart=mt.fem.Restart(record))
        difference = float(np.abs(np.asarray(again.displacement) - whole.displacement).max())
    if picture is not None:
        draw(picture, whole, found)
    return found, difference


def draw(picture: Path, whole: mt.fem.Result, found: int) -> None:
    """Draw the force on the top against its displacement."""
    from microtann.plotting.style import LATTICE, MODEL, house_style, new_figure

    top = whole.nearest((1.0, 1.0, 3.0))
    moved = np.append(0.0, whole.displacement[:, top, 0])
    force = np.append(0.0, -whole.reaction("base")[:, 0])
    with house_style():
        figure = new_figure(5.4, 3.2)
        axis = figure.add_subplot(xlabel="displacement of the top", ylabel="force")
        axis.plot(moved, force, color=MODEL, marker="o", markersize=3)
        axis.plot(
            moved[found], force[found], color=LATTICE, marker="o", markersize=8, linestyle="", label="stopped here"
        )
        axis.set_title("A column, bent and released")
        axis.legend()
        figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    increments, worst = main(*map(Path, sys.argv[1:2]))
    print(f"stopped after {increments} increments; largest difference of displacements: {worst}")
