"""In which strains walks and paths are drawn, and in which stresses errors are measured.

Walks and the paths of the protocol are drawn in unit strains u, in which a material yields at about 1/3, as bars
of the reference material do. A metric is the matrix A with E = A u; errors of stresses are measured in S' = Aᵀ S,
which does the work S' · du. The uniform metric is a number: what yields at about one strain in all directions, as
lattices that stretch do, needs no other. The metric of the stiffness, in Mandel's components ::

    E' = C^½ E,      S' = C^-½ S,      |E'|² = E · C E = 2 Ψ

makes directions of equal elastic energy equal. Cells that bend have directions that are softer by orders of
magnitude: in equal strains these would neither yield nor count beside the stiff ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.numbers import voigt

Array = NDArray[np.float64]
MetricName = Literal["uniform", "stiffness"]
UNIT_YIELD = 1.0 / 3.0
"""Unit strain at first yield: that of the reference material."""
DIRECTIONS = 200
"""Directions of strain of which the median first yield makes the scale."""
LEAST_STIFFNESS = 1e-12
"""Stiffness against a strain, relative to the largest, below which there is none."""
WORDS = {"uniform": "equal strains", "stiffness": "the metric of the stiffness, C^½ E and C^-½ S"}
"""What a metric is, in words."""


@dataclass(frozen=True, eq=False)
class StrainMetric:
    """The strains of unit walks.

    Parameters
    ----------
    name : {"uniform", "stiffness"}
    unit : array, shape (v, v)
        A: strain per unit strain; a multiple of the identity if uniform.
    """

    name: MetricName
    unit: Float[Array, "v v"]

    def __repr__(self) -> str:
        return f"StrainMetric({self.name!r}, {len(self.unit)} components)"

    @classmethod
    def uniform(cls, scale: float, components: int) -> StrainMetric:
        """Return the metric of equal strains.

        Parameters
        ----------
        scale : float
            Strain at first yield over 1/3.
        components : int
        """
        return cls("uniform", scale * np.eye(components))

    @property
    def is_uniform(self) -> bool:
        """Whether all strains count alike."""
        return self.name == "uniform"

    @property
    def scale(self) -> float:
        """Factor on the strains of a plan before they are `directed`: A itself if uniform, else 1."""
        return float(self.unit[0, 0]) if self.is_uniform else 1.0

    def directed(self, strain: Float[Array, "*batch v"]) -> Float[Array, "*batch v"]:
        """Return the strains of unit strains times `scale`; the last bits depend on no other row."""
        if self.is_uniform:
            return strain
        return np.asarray(sum(strain[..., j, None] * column for j, column in enumerate(self.unit.T)))

    def strains(self, unit: Float[Array, "*batch v"]) -> Float[Array, "*batch v"]:
        """Return E = A u."""
        return self.directed(self.scale * unit)

    def unit_strains(self, strain: Float[Array, "*batch v"]) -> Float[Array, "*batch v"]:
        """Return u = A⁻¹ E."""
        if self.is_uniform:
            return strain / self.scale
        return np.asarray(np.linalg.solve(self.unit, strain[..., None])[..., 0], dtype=np.float64)

    def measured(self, stress: Float[Array, "*batch v"]) -> Float[Array, "*batch v"]:
        """Return the stresses whose errors count: themselves if uniform, else Aᵀ S."""
        return stress if self.is_uniform else stress @ self.unit

    def to_text(self) -> str:
        """Return it as one line for files."""
        return json.dumps({"name": self.name, "unit": self.unit.tolist()})

    @classmethod
    def from_text(cls, text: str, components: int) -> StrainMetric:
        """Return the metric of such a line.

        Parameters
        ----------
        text : str
        components : int
            Strain components that it must have.

        Raises
        ------
        InputError
            If it is none.
        """
        try:
            content = json.loads(text)
            name, unit = content["name"], np.array(content["unit"], dtype=np.float64)
        except (ValueError, KeyError, TypeError):
            name, unit = None, np.empty(0)
        fits = unit.shape == (components, components) and np.isfinite(unit).all()
        if name not in WORDS or not fits or np.linalg.matrix_rank(unit) < components:
            raise InputError(
                f"the provenance 'metric' is no metric of {components} strain components: write "
                '{"name": "stiffness", "unit": [[…], …]} with the strains of unit walks, or leave it out'
            )
        return cls(name, unit)


def stiffness_metric(
    stiffness: Float[Array, "v v"], first_yield: Callable[[Float[Array, "n v"]], Float[Array, "n"]]
) -> StrainMetric:
    """Return the metric of a stiffness, in which the median first yield over directions is at 1/3.

    Parameters
    ----------
    stiffness : array, shape (v, v)
        C, in Voigt's order; of another number of components than tensors have, as it is.
    first_yield : callable
        Factors of strains, shape (n, v), at which something first yields.

    Raises
    ------
    InputError
        If there is no stiffness against some strain, or nothing yields in most directions, or at once.
    """
    count = len(stiffness)
    mandel = voigt.from_order(np.eye(count), "mandel", "strain") if count in (1, 3, 6) else np.eye(count)
    values, vectors = np.linalg.eigh(mandel.T @ (0.5 * (stiffness + stiffness.T)) @ mandel)
    if not (np.isfinite(values).all() and values[0] > LEAST_STIFFNESS * values[-1]):
        raise InputError(
            "there is no stiffness against some strain, so that the metric of the stiffness does not exist: use "
            "the metric 'uniform'"
        )
    root = mandel @ (vectors / np.sqrt(values)) @ vectors.T
    directions = np.random.default_rng(0).standard_normal((DIRECTIONS, count))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    median = float(np.median(first_yield(directions @ root.T)))
    if not (np.isfinite(median) and median > 0.0):
        raise InputError(
            "no strain at first yield was found, which scales the metric of the stiffness: use the metric "
            "'uniform'"
        )
    return StrainMetric("stiffness", (median / UNIT_YIELD) * root)


def provenance_of(metric: StrainMetric, usual: str) -> dict[str, str]:
    """Return what a data file says of the metric of its walks; nothing where all is as it always was.

    Parameters
    ----------
    metric : StrainMetric
    usual : str
        Name of the metric that is usual for the microstructure.
    """
    return {} if metric.is_uniform and usual == "uniform" else {"metric": metric.to_text()}


def metric_name_in(provenance: Mapping[str, str]) -> str | None:
    """Return the name of the metric that a provenance tells; None if it tells none, or none that is known."""
    try:
        name = json.loads(provenance.get("metric", "{}")).get("name")
    except (ValueError, AttributeError):
        return None
    return name if name in WORDS else None
