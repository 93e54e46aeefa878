"""How much of an increment is tried at once: cut where Newton's method fails, grown where it succeeds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from microtann.errors import ConfigurationError
from microtann.numbers.configuration import configuration


@configuration
class StepControl:
    """Limits of the parts in which the increments of a step are solved; fractions are those of one increment.

    An increment ends where its step says. Where Newton's method fails, what was done since the last equilibrium is
    taken back and a smaller part is tried; parts grow again as they succeed, also into the next increment.

    Raises
    ------
    ConfigurationError
        If the first part is larger than the largest, or that smaller than the smallest.
    """

    first_fraction: Annotated[
        float, Field(gt=0.0, le=1.0, description="Part that is tried first in every step.")
    ] = 1.0
    largest_fraction: Annotated[float, Field(gt=0.0, le=1.0, description="No part is larger.")] = 1.0
    smallest_fraction: Annotated[
        float, Field(gt=0.0, le=1.0, description="A part that would be smaller ends the simulation.")
    ] = 1e-4
    max_cuts: Annotated[
        int, Field(ge=0, description="So many failures one after the other end the simulation too; 0 allows none.")
    ] = 8
    cut: Annotated[
        float, Field(gt=0.0, lt=1.0, description="Size of the next attempt over that of one that failed.")
    ] = 0.5
    growth: Annotated[
        float,
        Field(ge=1.0, description="Largest size of the next part over that of one that succeeded; 1 never grows."),
    ] = 2.0
    max_increments: Annotated[
        int, Field(ge=1, description="Equilibria that one step may take, those inside its increments included.")
    ] = 1_000_000

    def __post_init__(self) -> None:
        if self.smallest_fraction > min(self.first_fraction, self.largest_fraction):
            raise ConfigurationError(
                f"smallest_fraction must not exceed first_fraction and largest_fraction, got "
                f"{self.smallest_fraction:g}, {self.first_fraction:g} and {self.largest_fraction:g}"
            )

    @property
    def first(self) -> float:
        """Part that is tried at the start of a step."""
        return min(self.first_fraction, self.largest_fraction)

    def goal(self, passed: float, part: float) -> float:
        """Return the fraction that a part aims at: the end where less than the smallest part would be left."""
        goal = passed + part
        return 1.0 if goal > 1.0 - self.smallest_fraction else goal

    def after_success(self, part: float) -> float:
        """Return the part to try after one that succeeded."""
        return max(min(part * self.growth, self.largest_fraction), self.smallest_fraction)

    def after_failure(self, part: float, cuts: int) -> float | None:
        """Return the part to try after one that failed, the ``cuts``-th in a row; None if that is one too many."""
        smaller = part * self.cut
        return None if cuts > self.max_cuts or smaller < self.smallest_fraction else smaller
