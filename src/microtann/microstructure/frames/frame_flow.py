"""The flow of a frame's fibres over an increment of average strain: which compiled solver takes which frame."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ReadingNote
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.cell_flow import Advance
from microtann.microstructure.frames import beam_newton_kernel
from microtann.microstructure.frames.beam_equations import BeamEquations, beam_equations
from microtann.microstructure.frames.beam_problem import beam_problem
from microtann.microstructure.frames.beam_properties import BeamProperties
from microtann.microstructure.frames.condensed_frame import CondensedFrame, condense_frame
from microtann.microstructure.frames.elastic_frame import ElasticFrame
from microtann.microstructure.frames.fibre_sets import FlowingPoints, advance_singly, advance_together
from microtann.microstructure.frames.mechanisms import told_mechanism
from microtann.microstructure.frames.stations import Stations
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
FEW_FIBRES = 64
"""Number of fibres up to which active sets are as fast, from ``python -m benchmarks frames``."""


@dataclass(frozen=True, eq=False)
class FrameFlow:
    """The incremental problem of a frame in its two forms, each put together when it is first needed.

    Newton's method in the motions of the nodes needs no dense operators and is the faster one but for the smallest
    frames. Active sets in the plastic strains serve these, and fibres that hardly harden.

    Parameters
    ----------
    cell : UnitCell
    beams : BeamProperties
        Of the distinct bars of the cell.
    along : Stations
    """

    cell: UnitCell
    beams: BeamProperties
    along: Stations

    @cached_property
    def elastic(self) -> ElasticFrame:
        """The elastic response to strains and plastic strains; a `ReadingNote` tells of hinges that move freely.

        Raises
        ------
        CellError
            If the frame has no stiffness at all.
        """
        with one_blas_thread():  # its last bits decide those of all that is solved with it
            elastic = ElasticFrame(beam_problem(self.cell, self.beams, self.along), self.cell.distinct_nodes.count)
            note = told_mechanism(self.cell, elastic)
        if note:
            warnings.warn(note, ReadingNote, stacklevel=2)
        return elastic

    @cached_property
    def equations(self) -> BeamEquations:
        """The equations of the nodes for Newton's method."""
        with one_blas_thread():
            return beam_equations(self.elastic)

    @cached_property
    def condensed(self) -> CondensedFrame:
        """The frame without its fluctuation: the fibres as slips, with dense operators."""
        with one_blas_thread():
            return condense_frame(self.cell, self.beams, self.along)

    def advance(
        self,
        strain: Float[Array, "n v"],
        start: Float[Array, "n m"],
        tangent: bool,
        solver: Literal["fastest", "active-set"] = "fastest",
    ) -> Advance:
        """Advance many material points by an increment, eight of them at once where all fibres harden.

        Parameters
        ----------
        strain : array, shape (n, v)
            Average strain at the end of the increment.
        start : array, shape (n, m)
            Plastic strains of all fibres at its beginning.
        tangent : bool
        solver : {"fastest", "active-set"}
            Both give the same.

        Raises
        ------
        ConvergenceError
            If the flow of some point was not found; it names the point.
        """
        flow = FlowingPoints.at(strain, start, tangent)
        if self.elastic.close_to_singular:
            left = np.arange(len(strain))
        elif solver == "active-set" or start.shape[1] <= FEW_FIBRES:
            left = np.flatnonzero(advance_together(self.condensed, strain, flow))
        else:
            left = np.flatnonzero(
                beam_newton_kernel.advance_beams(
                    self.equations,
                    self.cell.dimension - 1,
                    strain,
                    flow.plastic_strain,
                    flow.tangent,
                    flow.energy,
                    flow.dissipation,
                )
            )
        if len(left):
            advance_singly(self.condensed, left, strain, start, flow)
        return flow.ended(tangent)
