"""A frame as a Cosserat continuum: a microstructure driven by strain, relative rotation and curvature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.materials.protocol import State
from microtann.microstructure.bars.condensed.cell_flow import Advance
from microtann.microstructure.cosserat.nodal_motion import COSSERAT_NAMES, TURN, cosserat_motion
from microtann.microstructure.frames.condensed_frame import CondensedFrame, condense_frame
from microtann.microstructure.frames.fibre_sets import FlowingPoints, advance_singly, advance_together
from microtann.microstructure.frames.frame import Frame
from microtann.microstructure.frames.frame_picture import LOAD_OF_BEAMS, virgin_frame
from microtann.microstructure.picture import Picture
from microtann.microstructure.protocol import Groups, Microstructure
from microtann.microstructure.registry import register_microstructure
from microtann.microstructure.strain_metric import MetricName
from microtann.numbers import voigt
from microtann.numbers.checks import check_increment
from microtann.slips.problem import SlipProblem
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]


@register_microstructure
@dataclass(frozen=True, eq=False)
class CosseratFrame(Microstructure):
    """A plane frame whose nodes turn with the micro-rotation of a Cosserat continuum, on average.

    Its driving variables are the strain E in Voigt's order, the rotation a of the nodes relative to the continuum
    and the curvature κ (`nodal_motion` beside this module says how the beams follow); "stress" holds what does
    work on them: the symmetric stress, the moment per volume that turns the nodes, and the couple stresses. Where
    that moment is zero and nothing is curved, the stress is that of the frame. Lengths are those of the cell: κ is
    a rotation per length, and in a structure whose cells are s times as large the cell has the curvature s κ.

    Parameters
    ----------
    frame : Frame
        Cell, sections and law of the beams, in the plane.

    Raises
    ------
    CellError
        If the frame is in space.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> grid = mt.CosseratFrame(mt.Frame(mt.square_grid_cell(thickness=0.1), sections=3))
    >>> stiffness = grid.elastic_stiffness()
    >>> round(float(stiffness[4, 4] / (0.1**3 / 12.0)), 6)  # E I of a beam over the distance of beams
    1.0
    """

    kind: ClassVar[str] = "cosserat-frame"
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = Frame.fields
    quadratic: ClassVar[bool] = True
    usual_metric: ClassVar[MetricName] = "stiffness"
    strain_names: ClassVar[tuple[str, ...]] = COSSERAT_NAMES

    frame: Frame

    def __post_init__(self) -> None:
        if self.frame.cell.dimension != 2:
            raise CellError("a Cosserat frame lies in the plane, and the cell is in space: take a plane one")

    def __reduce__(self) -> tuple[type[CosseratFrame], tuple[Any, ...]]:
        return CosseratFrame, (self.frame,)  # what was condensed stays behind

    @property
    def components(self) -> int:
        """Driving variables: strain, relative rotation and curvature."""
        return len(COSSERAT_NAMES)

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Nodal displacements (N, 2), rotations (N, 1), plastic strains (listed beams, sections, fibres)."""
        return {**self.frame.coordinate_shapes, "plastic_strain": self._beam_shape}

    @property
    def _beam_shape(self) -> tuple[int, int, int]:
        return len(self.frame.cell.bars), *self.frame.beam_shape[1:]

    @property
    def exact_states(self) -> int:
        """The plastic strain of every fibre; those of a beam that is listed twice differ."""
        return int(np.prod(self._beam_shape))

    @property
    def description(self) -> str:
        """That of the frame, and of which continuum it is."""
        return f"{self.frame.description}, as a Cosserat continuum"

    @cached_property
    def condensed(self) -> CondensedFrame:
        """The frame without its fluctuation: the fibres as slips."""
        frame, of_beams = self.frame, self.frame.flow.beams
        distinct = frame.cell.distinct_bars
        listed = replace(
            of_beams,
            young=of_beams.young[distinct.of_bar],
            yield_stress=of_beams.yield_stress[distinct.of_bar],
            hardening=of_beams.hardening[distinct.of_bar],
            sections=frame.section,
            pinned=frame.pinned,
        )
        with one_blas_thread():  # its last bits decide those of all that is solved with it
            return condense_frame(frame.cell, listed, frame.flow.along, cosserat_motion(frame.cell))

    def groups(self) -> Groups:
        """Return the arrays of the frame."""
        return self.frame.groups()

    @classmethod
    def of_groups(cls, groups: Groups) -> CosseratFrame:
        """Return the frame of arrays from a file.

        Raises
        ------
        InputError
            If something is missing or not well defined.
        """
        return cls(Frame.of_groups(groups))

    def initial_state(self, n: int) -> State:
        """Return the virgin state: driving variables, plastic strains of the fibres, energy and dissipation."""
        return {
            "strain": np.zeros((n, self.components)),
            "plastic_strain": np.zeros((n, self.exact_states)),
            "energy": np.zeros(n),
            "dissipation": np.zeros(n),
        }

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance all points by one increment; see `microtann.materials.protocol.Material.update`.

        Parameters
        ----------
        strain_increment : array, shape (n, 6)
            Of strain (engineering shear), relative rotation and curvature.
        state : dict of arrays
            State at the beginning of the increment, leading axis n; it is never modified.
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the consistent tangent is wanted; without it None is returned in its place.

        Raises
        ------
        InputError
            If an increment is not finite.
        ConvergenceError
            If the flow of a frame was not found; it names the point.
        """
        check_increment(strain_increment)
        strain = np.ascontiguousarray(state["strain"] + strain_increment)
        end = self._advance_fibres(strain, state["plastic_strain"], tangent)
        new_state = {
            "strain": strain,
            "plastic_strain": end.plastic_strain,
            "energy": end.energy,
            "dissipation": end.dissipation,
        }
        return self.condensed.stress(strain, self._all_points(end.plastic_strain)), end.tangent, new_state

    @one_blas_thread()
    def _advance_fibres(self, strain: Float[Array, "n v"], start: Float[Array, "n m"], tangent: bool) -> Advance:
        """Return the flow of the fibres up to a strain, eight points at once where all fibres harden."""
        condensed, flow = self.condensed, FlowingPoints.at(strain, start, tangent)
        every = np.arange(len(strain))
        left = every if condensed.close_to_singular else every[advance_together(condensed, strain, flow)]
        if len(left):
            advance_singly(condensed, left, strain, start, flow)
        return flow.ended(tangent)

    def _all_points(self, fibres: Float[Array, "*batch m"]) -> Float[Array, "*batch p"]:
        """Return plastic strains of the fibres and of what stays elastic."""
        still = np.zeros((*fibres.shape[:-1], self.condensed.count - fibres.shape[-1]))
        return np.concatenate([fibres, still], axis=-1)

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates of states, seen by an observer who turns with the continuum.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            "strain" and "plastic_strain".

        Returns
        -------
        dict of arrays
            "displacement" (..., N, 2), "rotation" (..., N, 1) and "plastic_strain" (..., beams, sections, fibres).
        """
        driving, plastic, cell = state["strain"], state["plastic_strain"], self.frame.cell
        motion = self.condensed.motion(driving, self._all_points(plastic))[..., cell.distinct_nodes.of_node, :]
        affine = np.einsum("...ij,nj->...ni", voigt.strain_tensor(driving[..., :TURN]), cell.nodes)
        place = cell.nodes - 0.5 * (cell.nodes.min(axis=0) + cell.nodes.max(axis=0))
        turned = driving[..., None, TURN] + driving[..., TURN + 1 :] @ place.T
        return {
            "displacement": affine + motion[..., :2],
            "rotation": turned[..., None] + motion[..., 2:],
            "plastic_strain": plastic.reshape(*plastic.shape[:-1], *self._beam_shape),
        }

    def state_of(self, coordinates: Mapping[str, Array], strain: Float[Array, "n v"]) -> State | None:
        """Return states that have given plastic strains of the fibres; None where these are missing.

        Parameters
        ----------
        coordinates : mapping of arrays, shape (n, *group)
        strain : array, shape (n, 6)
        """
        if "plastic_strain" not in coordinates:
            return None
        plastic = np.asarray(coordinates["plastic_strain"]).reshape(len(strain), -1)
        return {
            "strain": strain,
            "plastic_strain": plastic,
            "energy": self.condensed.energy(strain, self._all_points(plastic)),
            "dissipation": np.zeros(len(strain)),
        }

    def elastic_stiffness(self) -> Float[Array, "v v"]:
        """Return the elastic stiffness of the cell."""
        return self.condensed.elasticity

    def slip_problem(self) -> SlipProblem:
        """Return the condensed frame: every fibre is a slip."""
        return self.condensed.fibre_slips

    def picture(self, state: Mapping[str, Any] | None = None) -> Picture | None:
        """Return the axes of the beams with their largest fibre stress over yield, or undeformed with areas."""
        cell = self.frame.cell
        if state is None:
            return virgin_frame(cell, self.frame.section)
        condensed, plastic = self.condensed, self._all_points(state["plastic_strain"])
        load = np.abs(condensed.point_stress(state["strain"], plastic)) / condensed.yield_stress
        of_beams = load[: condensed.fibres].reshape(self._beam_shape).max(axis=(-1, -2))
        return Picture(cell.nodes, self.decode(state)["displacement"], cell.bars, of_beams, LOAD_OF_BEAMS)
