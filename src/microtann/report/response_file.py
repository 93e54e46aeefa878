"""Responses of a model beside the exact ones as CSV: strains, stresses and energies of every increment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from microtann.evaluation.closed_loop import PathComparison
from microtann.numbers import voigt
from microtann.system.csv_file import component_columns, write_csv

RESPONSES = "responses.csv"
WHAT_RESPONSES_HOLD = "first walk of every path: strain, stress, energy, dissipation, exact and of the model"


def write_responses(folder: Path, responses: Mapping[str, PathComparison], labels: Sequence[str] = ()) -> None:
    """Write the first walk of every path, a line for the end of every increment, into `RESPONSES`.

    Parameters
    ----------
    folder : Path
    responses : mapping
        By the name of the path.
    labels : sequence of str, optional
        Names of the strain components, if they are not those of a tensor in Voigt's order.
    """
    walks = [_first_walk(name, response, labels) for name, response in responses.items()]
    write_csv(folder / RESPONSES, {name: np.concatenate([walk[name] for walk in walks]) for name in walks[0]})


def _first_walk(name: str, response: PathComparison, labels: Sequence[str]) -> dict[str, np.ndarray]:
    strain, exact, found = response.path.strain[0], response.exact, response.recalled
    labels = labels or voigt.component_names(strain.shape[1])
    columns = {
        "path": np.full(len(strain), name),
        "increment": np.arange(1, len(strain) + 1),
        **component_columns("e", strain, labels),
    }
    for whose, values in (("exact", exact), ("model", found)):
        columns |= component_columns("s", values.stress[0], [f"{label} {whose}" for label in labels])
        columns |= {f"energy {whose}": values.energy[0], f"dissipation {whose}": values.dissipation[0]}
    return columns
