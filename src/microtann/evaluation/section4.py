"""Section IV of the paper: its cells, its figures with their claims, and a model beside the exact cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.evaluation.recall import PathErrors, PathResponse, protocol, respond
from microtann.tann.model import TANN

Array = NDArray[np.float64]

PATHS = ("b", "c")
"""Uniaxial cycles of growing amplitude, and the same with monotonic shearing, from the protocol."""
WHAT = {"b": "uniaxial cycles of growing amplitude", "c": "uniaxial cycles with monotonic shearing"}
UNLOADED = 1e-9
"""Strain, relative to the largest, below which the cell counts as unloaded."""


@dataclass(frozen=True)
class Section4Cell:
    """A lattice of Section IV, as the section [cell] describes it.

    Parameters
    ----------
    name : str
        That of the shipped model.
    title : str
    units : int
        Squares along each axis.
    perturbation : float
        Standard deviation of the displacement of the inner nodes, in units of a square's edge.
    states : int
        Internal state variables to start a training with: those of the paper for regular cells.
    """

    name: str
    title: str
    units: int
    perturbation: float
    states: int

    @property
    def settings(self) -> dict[str, Any]:
        """The cell as settings of the section [cell]."""
        return {"cell.kind": "square", "cell.units": self.units, "cell.perturbation": self.perturbation}


CELLS = {
    cell.name: cell
    for cell in (
        Section4Cell("square-2x2", "2×2 regular", 2, 0.0, 12),
        Section4Cell("square-4x4", "4×4 regular", 4, 0.0, 12),
        Section4Cell("square-6x6", "6×6 regular", 6, 0.0, 12),
        Section4Cell("square-2x2-perturbed", "2×2 perturbed", 2, 0.2, 12),
        Section4Cell("square-6x6-perturbed", "6×6 perturbed", 6, 0.2, 48),
    )
}
"""The lattices by name, in the order of the paper."""


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the paper, what it shows, and what the paper says of it."""

    number: int
    cell: str
    path: str
    claim: str


SHAPES_CLAIM = (
    "The paper takes regular lattices of 2×2, 4×4 and 6×6 units with one architecture of the network, and finds "
    "12 internal state variables (Fig. 5)."
)
PERTURBED_CLAIM = (
    "The paper moves the nodes by a normal law with zero mean and standard deviation 0.2, and says that such "
    "lattices need more internal state variables than regular ones, without a number (Fig. 10)."
)
TRAINING_CLAIM = (
    "The paper shows the mean absolute error on training and validation data against the epochs; early stopping "
    "ends the first step after about 2500 epochs and the fine tuning after about 1000 (Fig. 6)."
)
FIGURES = (
    PaperFigure(
        7,
        "square-2x2",
        "b",
        "The paper draws stress, energy, dissipation rate, 12 internal state variables and decoded internal "
        "coordinates on those of the reference, calls the agreement extremely good and gives no error.",
    ),
    PaperFigure(
        8,
        "square-2x2",
        "c",
        "The paper calls stress and internal coordinates accurate and gives no error; most of the 12 internal "
        "state variables now oscillate with changing amplitudes, and only 3 look as they do without shearing.",
    ),
    PaperFigure(
        9,
        "square-6x6",
        "c",
        "The paper calls the prediction successful, with 12 internal state variables, and gives no error; they "
        "differ from those of the 2×2 lattice, for such variables are not unique.",
    ),
    PaperFigure(
        11,
        "square-2x2-perturbed",
        "b",
        "The paper calls the prediction excellent and gives no error; after each unloading the internal state "
        "variables are never 0.",
    ),
    PaperFigure(
        12,
        "square-6x6-perturbed",
        "b",
        "The paper calls the prediction excellent and gives no error; after each unloading the internal state "
        "variables are never 0.",
    ),
)
"""The figures that show responses."""


def paper_figure(cell: str, path: str) -> PaperFigure | None:
    """Return the figure of the paper that shows a cell on a path; None if it shows it nowhere."""
    return next((figure for figure in FIGURES if (figure.cell, figure.path) == (cell, path)), None)


def choose_cells(names: Sequence[str] | None) -> list[Section4Cell]:
    """Return cells by name, in the order of the paper; all if none is named.

    Raises
    ------
    InputError
        If there is no such cell.
    """
    unknown = [name for name in names or () if name not in CELLS]
    if unknown:
        raise InputError(f"Section IV has no cell {unknown[0]!r}: its cells are {', '.join(CELLS)}")
    return [cell for cell in CELLS.values() if not names or cell.name in names]


@dataclass(frozen=True, eq=False)
class Section4Response:
    """A model beside the exact cell on a path of Section IV.

    Parameters
    ----------
    response : PathResponse
    exact_state : array, shape (T, z)
        Internal state variables that the encoder gives for the internal coordinates of the exact cell.
    """

    response: PathResponse
    exact_state: Float[Array, "T z"]

    @property
    def errors(self) -> PathErrors:
        """Errors of the model."""
        return self.response.errors

    @property
    def state(self) -> Float[Array, "T z"]:
        """Internal state variables of the model in closed loop."""
        return self.response.found.state[0]

    @property
    def remaining_state(self) -> float | None:
        """Least |Z| where the cell is unloaded after the first flow, over the largest |Z|; None if it never is."""
        strain = np.abs(self.response.path.strain[0]).max(axis=1)
        size = np.linalg.norm(self.state, axis=1)
        flowed = np.maximum.accumulate(self.response.exact.dissipation[0] > 0.0)
        unloaded = (strain <= UNLOADED * strain.max()) & flowed
        if not unloaded.any() or size.max() == 0.0:
            return None
        return float(size[unloaded].min() / size.max())


def respond_section4(tann: TANN, names: Sequence[str] = PATHS) -> dict[str, Section4Response]:
    """Run a model of a lattice on the paths of Section IV, beside the exact cell.

    Parameters
    ----------
    tann : TANN
    names : sequence of str
        Paths of the protocol.

    Raises
    ------
    InputError
        If the model names no microstructure.
    """
    found = {}
    for response in respond(tann, protocol(tann, names)):
        coordinates = response.exact.coordinates
        groups = [
            coordinates[name][0].reshape(len(response.path.strain[0]), -1)
            for name in tann.information.coordinate_shapes
        ]
        exact = encode(tann, np.concatenate(groups, axis=1), response.path.strain[0])
        found[response.path.name] = Section4Response(response, exact)
    return found


def encode(tann: TANN, coordinates: Float[Array, "n c"], strain: Float[Array, "n v"]) -> Float[Array, "n z"]:
    """Return the internal state variables of internal coordinates, by the encoder of a model."""
    driving = strain / np.asarray(tann.scaling.driving)
    return np.asarray(jax.jit(jax.vmap(tann.reduction.encode))(coordinates, driving))
