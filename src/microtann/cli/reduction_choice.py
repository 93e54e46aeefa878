"""Choices of a reduction without training: how many states and slips, and from how many walks."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from microtann.data.walks import REDUCTION_WALKS, WalkPlan
from microtann.numbers.configuration import configuration


@configuration
class ReductionChoice:
    """How a microstructure is reduced without training."""

    isvs: Annotated[
        int,
        Field(
            ge=1,
            description="Most internal state variables; of a lattice, as many as it has distinct bars make an "
            "exact model.",
        ),
    ] = 48
    slips: Annotated[
        int,
        Field(
            ge=0,
            description="Most slips, into which bars or fibres are merged, or components of groups of a solid's "
            "points; 0 takes one for a state.",
        ),
    ] = 0
    walks: Annotated[
        int,
        Field(
            ge=5, description="Random walks along which the cell is solved; a fifth of them validates the result."
        ),
    ] = REDUCTION_WALKS.paths
    seed: Annotated[int, Field(ge=0, description="Seed of the walks.")] = REDUCTION_WALKS.seed

    def plan(self) -> WalkPlan:
        """Return the walks."""
        return replace(REDUCTION_WALKS, paths=self.walks, seed=self.seed)
