"""Comparison of two spaces of internal state variables, which are unique only up to a map."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.evaluation.closed_loop import protocol
from microtann.evaluation.measures import relative_rms
from microtann.numbers.checks import check_strain_paths
from microtann.numbers.singular_vectors import singular_vectors
from microtann.report.page import write_report
from microtann.report.section import Figure, Section, read_section, write_section
from microtann.report.table import Column, Table, columns_of
from microtann.studies.study_figures import draw_correlations
from microtann.system.stage import Stage, file_digest, working_folder, write_numbers
from microtann.tann.agreement import require_agreement
from microtann.tann.shipped import find_model, load
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
RANK = 1e-10
"""Directions in which states move less than this part of the largest are none."""
LATENT_CAPTION = (
    "Canonical correlations of the internal state variables of two models along the same walks: 1 is a direction "
    "that both share."
)


@dataclass(frozen=True, eq=False)
class LatentComparison:
    """How far two models know the same of the history of a material.

    Parameters
    ----------
    correlations : array, shape (min(p, q),)
        Canonical correlations ρ of the states, falling; p and q are the dimensions that the states of the first
        and of the second model fill along the paths. ρ = 1 is a direction that both spaces share.
    to_second, to_first : array, shape (z₁, z₂) and (z₂, z₁)
        Least-squares maps, Z₂ ≈ Z₁ to_second and Z₁ ≈ Z₂ to_first; the virgin state is mapped on itself.
    second_error, first_error : float
        Relative RMS error of these maps.
    """

    correlations: Float[Array, "r"]
    to_second: Float[Array, "z1 z2"]
    to_first: Float[Array, "z2 z1"]
    second_error: float
    first_error: float

    @property
    def shared(self) -> int:
        """Number of directions with a correlation of at least 0.99."""
        return int(np.count_nonzero(self.correlations >= 0.99))

    def __repr__(self) -> str:
        return (
            f"LatentComparison({self.shared} of {len(self.correlations)} directions shared, errors of the linear "
            f"maps {self.second_error:.1e} to the second, {self.first_error:.1e} to the first)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain values for JSON."""
        return {
            "correlations": self.correlations.tolist(),
            "second_error": self.second_error,
            "first_error": self.first_error,
            "shared": self.shared,
        }


def compare_states(first: ArrayLike, second: ArrayLike) -> LatentComparison:
    """Compare the states of two models at the same instants of the same strain paths, up to a linear map.

    Both are zero in the virgin state, so that the maps are linear and nothing is centred.

    Parameters
    ----------
    first, second : array, shape (..., z₁) and (..., z₂)

    Raises
    ------
    InputError
        If the numbers of instants differ, a value is not finite, or the states of a model never move.

    References
    ----------
    H. Hotelling, Relations between two sets of variates, Biometrika 28 (1936), 321-377.

    Examples
    --------
    >>> import numpy as np
    >>> from microtann.studies.latent_spaces import compare_states
    >>> states = np.random.default_rng(0).standard_normal((100, 3))
    >>> compare_states(states, states @ np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 0.0]])).correlations.round(6)
    array([1., 1.])
    """
    a, b = (np.asarray(values, dtype=np.float64) for values in (first, second))
    a, b = a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1])
    if len(a) != len(b):
        raise InputError(f"the states are not of the same instants: {len(a)} of the first, {len(b)} of the second")
    bases = [_basis(name, values) for name, values in (("first", a), ("second", b))]
    correlations = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    to_second = _map(a, b)
    to_first = _map(b, a)
    errors = relative_rms(a @ to_second, b), relative_rms(b @ to_first, a)
    return LatentComparison(np.clip(correlations, 0.0, 1.0), to_second, to_first, *errors)


def compare_latent_spaces(first: TANN, second: TANN, strain: ArrayLike) -> LatentComparison:
    """Compare the internal state variables of two models along strain paths, each in its own closed loop.

    Parameters
    ----------
    first, second : TANN
        Of materials with the same strain components.
    strain : array, shape (T, v) or (B, T, v)

    Raises
    ------
    InputError
        If the models differ in their strain components or the unit of strain, the paths have others, or the states
        of one model never move.
    """
    named = "the first model", "the second model"
    require_agreement(first.information, second.information, named, answers=False)
    strain = check_strain_paths(strain, first.components)
    return compare_states(*(model.recall(strain, outside_training="none").state for model in (first, second)))


def study_latent_spaces(
    first: str,
    second: str,
    output: str | os.PathLike[str] = "results/states",
    overwrite: bool = False,
) -> Section:
    """Compare the internal state variables of two models along the walks of path a, in a folder of results.

    Parameters
    ----------
    first, second : str
        Shipped models or model files, of materials with as many strain components.
    output : path
        Folder of the results.
    overwrite : bool
        Whether results of another configuration may be replaced.

    Returns
    -------
    Section
        Its section of the report.
    """
    folder = Path(output)
    inputs = {"first": file_digest(find_model(first)), "second": file_digest(find_model(second))}
    stage = Stage("states", folder, {"evaluate": {"first": first, "second": second}}, inputs)
    if stage.finished:
        return read_section(folder)
    models = load(first), load(second)
    comparison = compare_latent_spaces(*models, protocol(models[0], ("a",))[0].strain)
    with working_folder(stage, overwrite=overwrite) as work:
        name = f"{Path(first).stem} and {Path(second).stem}"
        maps = {"to_second": comparison.to_second.tolist(), "to_first": comparison.to_first.tolist()}
        write_numbers(work, comparison.to_dict() | maps)
        draw_correlations(work / "latent.png", {name: comparison.correlations.tolist()})
        text = (
            f"The states of {first} ({models[0].states} ISVs) and {second} ({models[1].states} ISVs) "
            "along the same strains, each model in its own closed loop."
        )
        section = Section(
            "Two latent spaces",
            7,
            (text,),
            (latent_table({name: comparison}),),
            (Figure("latent.png", LATENT_CAPTION),),
            {"numbers.json": "all numbers, and the linear maps"},
        )
        section = write_section(work, section)
        write_report(work, section.title, [(work, section)])
    return section


def latent_table(comparisons: Mapping[str, LatentComparison]) -> Table:
    """Return a table of comparisons, by what is compared."""
    columns = (
        Column("ISVs", kind="text"),
        *columns_of("integer", "directions", "shared"),
        Column("smallest correlation"),
        *columns_of("error", "map to the second", "map to the first"),
    )
    rows = tuple(
        (name, len(c.correlations), c.shared, float(c.correlations.min()), c.second_error, c.first_error)
        for name, c in comparisons.items()
    )
    note = (
        "States of two models along the same walks, each in its own closed loop. Shared: canonical correlation of "
        "at least 0.99. Map: relative RMS error of the least-squares linear map from one to the other."
    )
    return Table("Latent spaces up to a linear map", columns, rows, note)


def _basis(name: str, states: Float[Array, "n z"]) -> Float[Array, "n r"]:
    """Return an orthonormal basis of the columns, without directions that do not move."""
    if not np.isfinite(states).all():
        raise InputError(f"a state of the {name} model is not finite")
    vectors, sizes, _ = singular_vectors(states)
    if not sizes.max(initial=0.0) > 0.0:
        raise InputError(f"the states of the {name} model never move along these paths: take larger strains")
    return vectors[:, sizes > RANK * sizes[0]]


def _map(inputs: Float[Array, "n p"], outputs: Float[Array, "n q"]) -> Float[Array, "p q"]:
    return np.asarray(np.linalg.lstsq(inputs, outputs, rcond=RANK)[0], dtype=np.float64)
