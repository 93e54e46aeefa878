"""The fewest states for an error of one per cent.

A perturbed cell has as many independent plastic strains as bars, and a model of fewer states is an
approximation. `mt.studies.study_states` measures the error of the stress on validation walks,

    e = √( Σ |σ_model − σ_exact|² / Σ |σ_exact|² ),

for as many numbers of states as it takes to bracket the smallest that is within the error that was asked for.
No updates are made here: models are reduced from the lattice, which takes a second each. With as many states
as bars, 16, a model is exact.

Run it with ``python examples/fewest_states.py [PICTURE.png]``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import microtann as mt

ERROR = 0.01


def main(picture: Path | None = None) -> tuple[int, dict[int, float]]:
    """Return the number of states, and the errors of all that were tried; draw them if a file is named."""
    lattice = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2))
    with TemporaryDirectory() as folder:
        data = Path(folder) / "walks.h5"
        mt.generate_data(lattice, mt.WalkPlan(paths=60, steps=30), file=data)
        study = mt.studies.study_states(
            data, mt.forms.Variational(updates=0), error=ERROR, output=Path(folder) / "study"
        )
    errors = {point["states"]: point["errors"]["stress"] for point in study.points}
    if picture is not None:
        draw(picture, errors, study.proposal.states)
    return study.proposal.states, dict(sorted(errors.items()))


def draw(picture: Path, errors: dict[int, float], proposed: int) -> None:
    """Draw the errors against the number of states."""
    from microtann.plotting.style import LATTICE, MODEL, SOFT, house_style, new_figure

    states = sorted(n for n in errors if errors[n] > 1e-8)
    with house_style():
        figure = new_figure(5.0, 3.2)
        axis = figure.add_subplot(yscale="log", xlabel="internal state variables", ylabel="error of the stress")
        axis.plot(states, [errors[n] for n in states], color=MODEL, marker="o")
        axis.plot(proposed, errors[proposed], color=LATTICE, marker="o", markersize=9, linestyle="")
        axis.axhline(ERROR, color=SOFT, linewidth=0.8)
        axis.set_title(f"{proposed} states are the fewest within 1 %")
        figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    fewest, tried = main(*map(Path, sys.argv[1:2]))
    for number, error in tried.items():
        print(f"{number:>3} states: {error:.1e}")
    print(f"fewest within {ERROR:.0%}: {fewest}")
