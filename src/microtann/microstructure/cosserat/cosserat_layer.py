"""A layer of a Cosserat continuum between two planes: finite elements through its height.

Nothing varies along the layer, in x, so that a node of the mesh is a plane y = const, with the displacements x and
y and the micro-rotation rz. Elements are linear and sampled in their middle, which does not lock. One element per
row of cells that are cut at their nodes and have no others is the row itself, beam by beam.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.equilibrium.system import Response
from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import InputError
from microtann.materials.protocol import LearntMaterial, Material, State
from microtann.microstructure.cosserat.nodal_motion import COSSERAT_NAMES, TURN
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerState:
    """State of the p elements of a layer.

    Parameters
    ----------
    material : dict of arrays
        Of the material, one point each.
    strain, stress : array, shape (p, 6)
        Driving variables of the cell and what does work on them.
    """

    material: State
    strain: Float[Array, "p 6"]
    stress: Float[Array, "p 6"]


@dataclass(frozen=True, eq=False)
class CosseratLayerResult(History):
    """Response of a layer; see also `microtann.equilibrium.history.History`.

    Parameters
    ----------
    strain, stress : array, shape (p, 6)
        Driving variables of the cell (strain, relative rotation, curvature times cell size) in every element at
        the end, and what does work on them.
    state : dict of arrays
        Of the material at the end.
    """

    strain: Float[Array, "p 6"]
    stress: Float[Array, "p 6"]
    state: State

    def __repr__(self) -> str:
        return self._line("CosseratLayerResult", f"{len(self.strain)} elements")


@dataclass(frozen=True, eq=False)
class CosseratLayer(Body[CosseratLayerResult]):
    """A layer between the planes y = heights[0] and y = heights[-1], 1 long and 1 wide.

    Supports and loads act on its nodes, the planes y = const, in "x", "y" and "rz".

    Parameters
    ----------
    material : Material
        Of the driving variables of `CosseratFrame`: that one, or a model trained on its data.
    heights : array, shape (p + 1,)
        Of the nodes, ascending.
    cell_size : float
        How many times larger the cells of the layer are than that of the material.

    Raises
    ------
    InputError
        If the heights do not ascend, the size is not positive, or the material has other driving variables.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> from microtann import fem
    >>> layer = mt.CosseratLayer(mt.CosseratFrame(mt.Frame(mt.square_grid_cell())), np.linspace(0, 4, 9))
    >>> clamped = [fem.Prescribed([0, 8], component) for component in ("y", "rz")]
    >>> shear = [fem.Prescribed([0], "x"), fem.Prescribed([8], "x", 0.01)]
    >>> result = layer.solve(fem.Step([*clamped, *shear]))
    >>> result.stress.shape, bool(result.reaction([8])[-1, 0] > 0)
    ((8, 6), True)
    """

    material: Material
    heights: Float[Array, "n"]
    cell_size: float

    def __init__(self, material: Material, heights: ArrayLike, cell_size: float = 1.0) -> None:
        levels = as_floats("the heights of a layer", heights)
        if levels.ndim != 1 or len(levels) < 2 or not (np.diff(levels) > 0.0).all():
            raise InputError("the heights of a layer are at least two numbers that ascend")
        if not (np.isfinite(cell_size) and cell_size > 0.0):
            raise InputError(f"the size of the cells must be positive, got {cell_size!r}")
        known = getattr(material, "components", len(COSSERAT_NAMES))
        told = getattr(getattr(material, "microstructure", None), "strain_names", COSSERAT_NAMES)
        if known != len(COSSERAT_NAMES) or tuple(told) != COSSERAT_NAMES:
            raise InputError(
                f"the material of a Cosserat layer is driven by {', '.join(COSSERAT_NAMES)}: take a "
                "CosseratFrame, or a model trained on its data"
            )
        levels.setflags(write=False)
        for name, value in (("material", material), ("heights", levels), ("cell_size", float(cell_size))):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"CosseratLayer({len(self.heights) - 1} elements, height {np.ptp(self.heights):g})"

    _every_field = True

    @cached_property
    def _elements(self) -> LayerSystem:
        return LayerSystem(self.material, self.heights, self.cell_size)

    def _system(self) -> LayerSystem:
        return self._elements

    def _result(self, history: History, state: LayerState) -> CosseratLayerResult:
        return CosseratLayerResult(**vars(history), strain=state.strain, stress=state.stress, state=state.material)


@dataclass(frozen=True, eq=False)
class LayerTangent:
    """Tangent of a layer, assembled.

    Parameters
    ----------
    matrix : sparse array, shape (3 n, 3 n)
    """

    matrix: sparse.bsr_array[Any]
    symmetric: bool = False

    def __matmul__(self, vector: Float[Array, "n"]) -> Float[Array, "n"]:
        """Return the forces due to small motions."""
        return np.asarray(self.matrix @ vector)

    def blocks(self) -> sparse.bsr_array[Any]:
        """Return a copy of the matrix."""
        return self.matrix.copy()


class LayerSystem:
    """Discrete system of a layer; see `microtann.equilibrium.system.System`.

    Parameters
    ----------
    material : Material
    heights : array, shape (p + 1,)
    cell_size : float
    """

    convex = True

    def __init__(self, material: Material, heights: Float[Array, "n"], cell_size: float) -> None:
        self._material, self._depth = material, np.diff(heights)
        self._points = np.column_stack([np.zeros_like(heights), heights])
        self.unknowns = NodalUnknowns(2, 1, cell_size)
        self._mapping = self._strain_of_motion(cell_size)

    def _strain_of_motion(self, cell_size: float) -> Float[Array, "p 6 6"]:
        """Return the driving variables of the cells due to the unknowns of the lower, then the upper node."""
        slope = 1.0 / self._depth
        mapping = np.zeros((len(slope), 6, 2, 3))
        for node, sign in ((0, -1.0), (1, 1.0)):
            mapping[:, 1, node, 1] = mapping[:, 2, node, 0] = sign * slope
            mapping[:, TURN, node, 0] = 0.5 * sign * slope
            mapping[:, TURN, node, 2] = 0.5 / cell_size  # of the rotation times the length that it counts as
            mapping[:, TURN + 2, node, 2] = sign * slope
        return mapping.reshape(-1, 6, 6)

    @property
    def points(self) -> Float[Array, "N d"]:
        """Positions of the nodes."""
        return self._points

    @property
    def parts(self) -> Int[NDArray[np.int32], "N"]:
        """All nodes are in one part."""
        return np.zeros(len(self._points), dtype=np.int32)

    def virgin(self) -> LayerState:
        """Return the virgin state."""
        count = len(self._depth)
        return LayerState(self._material.initial_state(count), np.zeros((count, 6)), np.zeros((count, 6)))

    def evaluate(
        self,
        state: LayerState,
        displacement: Float[Array, "n"],
        increment: Float[Array, "n"],
        dt: float,
        tangent: bool,
    ) -> Response:
        """Ask the material and sum the forces; see `System.evaluate`.

        Parameters
        ----------
        state : LayerState
            At the beginning of the increment.
        displacement, increment : array, shape (n,)
            Of all nodes at the end of the increment, with rotations times the cell size, and the change.
        dt : float
        tangent : bool
            Whether the tangent is wanted.

        Raises
        ------
        ConvergenceError
            If the material found no answer.
        """
        started = time.process_time()
        change = self._of_elements(increment)
        clock = time.process_time()
        stress, moduli, material = self._material.update(change, state.material, dt, tangent)
        material_seconds = time.process_time() - clock
        force = np.zeros((len(self._points), 3))
        parts = np.einsum("p,pvi,pv->pi", self._depth, self._mapping, stress)
        force[:-1] += parts[:, :3]
        force[1:] += parts[:, 3:]
        return Response(
            force=force.ravel(),
            tangent=None if moduli is None else LayerTangent(self._assembled(np.asarray(moduli))),
            energy=float(self._depth @ material["energy"]),
            dissipation=float(self._depth @ material["dissipation"]),
            state=LayerState(material, self._of_elements(displacement), np.asarray(stress)),
            calls=len(self._depth),
            material_seconds=material_seconds,
            assembly_seconds=time.process_time() - started - material_seconds,
        )

    def _of_elements(self, motion: Float[Array, "n"]) -> Float[Array, "p 6"]:
        """Return the driving variables of the cells in the middle of the elements."""
        nodes = motion.reshape(-1, 3)
        return np.einsum("pvi,pi->pv", self._mapping, np.hstack([nodes[:-1], nodes[1:]]))

    def _assembled(self, moduli: Float[Array, "p 6 6"]) -> sparse.bsr_array[Any]:
        """Return the stiffness of the nodes in blocks of 3 × 3."""
        elements = np.einsum("p,pvi,pvw,pwj->pij", self._depth, self._mapping, moduli, self._mapping)
        lower = np.arange(len(self._depth))
        rows = np.concatenate([lower, lower, lower + 1, lower + 1])
        columns = np.concatenate([lower, lower + 1, lower, lower + 1])
        data = np.concatenate([elements[:, i : i + 3, j : j + 3] for i in (0, 3) for j in (0, 3)])
        n = len(self._points)
        where = (3 * rows[:, None, None] + np.arange(3)[:, None], 3 * columns[:, None, None] + np.arange(3))
        row, column = np.broadcast_arrays(*where)
        whole = sparse.coo_array((data.ravel(), (row.ravel(), column.ravel())), shape=(3 * n, 3 * n))
        return whole.tocsr().tobsr((3, 3))

    def training_reach(self, before: LayerState, after: LayerState) -> Float[Array, "p"] | None:
        """Return how far the cells reach in the range of the data of a learnt material; None of others."""
        if not isinstance(self._material, LearntMaterial):
            return None
        reach = self._material.training_reach(before.material, after.material)
        return None if reach is None else np.asarray(reach)

    def fields(self, state: LayerState, reach: Float[Array, "P"] | None = None) -> dict[str, Array]:
        """Return driving variables and stresses of the elements."""
        found = {"strain": state.strain, "stress": state.stress}
        return found if reach is None else {**found, "training_reach": reach}
