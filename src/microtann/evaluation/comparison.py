"""Analyses of a reference structure side by side: network error and homogenisation error apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.history import History
from microtann.evaluation.measures import errors_at_end, largest_errors
from microtann.evaluation.structures import ReferenceCase
from microtann.fem.model import Result
from microtann.microstructure.bars.full.structure import StructureResult

Array = NDArray[np.float64]
Analysis = Literal["model", "exact", "lattice"]
ANALYSIS_TITLES: dict[Analysis, str] = {"model": "FE × TANN", "exact": "FE, exact cell", "lattice": "full lattice"}
"""Finite elements with the model, with the exact homogenised material on the same mesh, and the DNS."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several analyses of one case.

    Parameters
    ----------
    case : ReferenceCase
    elements : mapping
        Results of the finite elements, "model" first; one of the two may be absent.
    lattice : StructureResult, optional
        Result of the full lattice.
    """

    case: ReferenceCase
    elements: Mapping[Literal["model", "exact"], Result]
    lattice: StructureResult | None = None

    @property
    def runs(self) -> dict[Analysis, History]:
        """Histories of all analyses, in the order of `ANALYSIS_TITLES`."""
        runs: dict[Analysis, History] = {
            analysis: self.elements[analysis] for analysis in ("model", "exact") if analysis in self.elements
        }
        if self.lattice is not None:
            runs["lattice"] = self.lattice
        return runs

    @property
    def quantities(self) -> dict[Analysis, dict[str, Float[Array, "I"]]]:
        """What is compared, per increment, by analysis."""
        return {analysis: self.case.quantities(run) for analysis, run in self.runs.items()}

    def errors(self, tested: Analysis, reference: Analysis) -> dict[str, float] | None:
        """Return the relative error of every quantity.

        It is the largest over the increments, relative to the largest value of the reference over them; for the
        dissipation, to the largest of D and Ψ/100.

        Returns
        -------
        dict or None
            None if one of the two was not computed.
        """
        if tested not in self.runs or reference not in self.runs:
            return None
        return largest_errors(self.case.quantities(self.runs[tested]), self.case.quantities(self.runs[reference]))

    def errors_at_end(self, tested: Analysis, reference: Analysis) -> dict[str, float | None] | None:
        """Return the relative error of every quantity at the last increment, relative to the reference there.

        See `microtann.evaluation.measures.errors_at_end`. It differs from `errors` where several increments lead
        there: after a release what is left is small beside what was before.

        Parameters
        ----------
        tested, reference : {"model", "exact", "lattice"}

        Returns
        -------
        dict or None
            None if one of the two was not computed.
        """
        if tested not in self.runs or reference not in self.runs:
            return None
        return errors_at_end(self.case.quantities(self.runs[tested]), self.case.quantities(self.runs[reference]))

    @property
    def network_errors(self) -> dict[str, float] | None:
        """Errors of the model against the exact homogenised material on the same mesh."""
        return self.errors("model", "exact")

    @property
    def homogenisation_errors(self) -> dict[str, float] | None:
        """Errors of the exact homogenised material against the full lattice."""
        return self.errors("exact", "lattice")

    @property
    def network_errors_at_end(self) -> dict[str, float | None] | None:
        """As `network_errors`, at the last increment and relative to the reference there."""
        return self.errors_at_end("model", "exact")

    @property
    def homogenisation_errors_at_end(self) -> dict[str, float | None] | None:
        """As `homogenisation_errors`, at the last increment and relative to the reference there."""
        return self.errors_at_end("exact", "lattice")

    @property
    def cost_ratio(self) -> float | None:
        """Constitutive calls of the full lattice over those of the finite elements (paper, Section V)."""
        if self.lattice is None:
            return None
        fast = next(iter(self.elements.values()))
        return self.lattice.statistics.constitutive_calls / fast.statistics.constitutive_calls

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values for JSON."""
        return {
            "case": self.case.name,
            "description": self.case.description,
            "runs": {
                analysis: {
                    "unknowns": int(run.displacement[0].size),
                    "quantities": {name: value.tolist() for name, value in self.quantities[analysis].items()},
                    "statistics": asdict(run.statistics) | {"seconds": run.statistics.seconds},
                }
                for analysis, run in self.runs.items()
            },
            "network_errors": self.network_errors,
            "homogenisation_errors": self.homogenisation_errors,
            "network_errors_at_end": self.network_errors_at_end,
            "homogenisation_errors_at_end": self.homogenisation_errors_at_end,
            "cost_ratio": self.cost_ratio,
        }
