"""Errors of a model in closed-loop recall on the protocol, against the exact cell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.evaluation.measures import relative_on_every_path, relative_rms, relative_to_energy, spread
from microtann.evaluation.plain_errors import plain_errors
from microtann.evaluation.protocol_paths import BOUND, DIRECTIONS, NAMES, REST_STEPS, EvaluationPath, path
from microtann.microstructure.path_response import MicroResponse
from microtann.microstructure.protocol import Microstructure
from microtann.microstructure.strain_metric import UNIT_YIELD, WORDS, MetricName, StrainMetric
from microtann.numbers.checks import check_strain_paths
from microtann.system.html_table import html_table
from microtann.tann.card import directions_rows
from microtann.tann.recall import Recall
from microtann.tann.shipped import load
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]
VIOLATION = 1e-12
"""−T · ΔZ below minus this fraction of the largest energy on the path counts as a violation of the second law."""


@dataclass(frozen=True)
class PathErrors:
    """Errors on one path.

    Relative RMS errors are the RMS of the error over the RMS of the reference, over all components, steps and
    paths together; "largest" errors are absolute.

    Parameters
    ----------
    stress, energy, dissipation : float
        Relative RMS errors; the dissipation is the accumulated one.
    coordinates : mapping
        Relative RMS errors of the decoded groups ("displacement", "force").
    largest : mapping
        Largest absolute error of "stress", "energy", "dissipation" and every group.
    violations : int
        Increments with −T · ΔZ < −1e-12 times the largest energy of the reference, or not a number.
    drift : float or None
        Largest change of the stress over the zero increments of path z; None on other paths.
    outside_training_range : bool
        Whether the model leaves the range of its training data on the path, in strain, increment or state, as
        `microtann.TANN.recall` warns.
    training_reach : float or None
        How far it reaches in that range: 1 on the border, 1.3 where 30 % outside; None if the range is not known.
    directions : mapping, optional
        Median, 90 % and worst of the errors of the single directions of path r, by quantity and group; the
        dissipation of each is relative to the larger of D and Ψ/100. None on other paths.
    metric : {"uniform", "stiffness"}
        In which relative errors of stresses are measured (`microtann.microstructure.strain_metric`).
    """

    stress: float
    energy: float
    dissipation: float
    coordinates: Mapping[str, float]
    largest: Mapping[str, float]
    violations: int
    drift: float | None
    outside_training_range: bool
    training_reach: float | None = None
    directions: Mapping[str, Mapping[str, float]] | None = None
    metric: MetricName = "uniform"

    @property
    def ran_away(self) -> bool:
        """Whether the errors of stress or energy are infinite or no numbers."""
        return not np.isfinite((self.stress, self.energy)).all()

    def to_dict(self) -> dict[str, object]:
        """Return the errors as a plain dictionary for JSON, which has no infinity and no NaN: they become None.

        The metric is told unless it is uniform.
        """
        return plain_errors(self)

    def worst(self, quantity: str) -> float:
        """Return the relative error of a quantity, of the direction with the largest one where there are many.

        Parameters
        ----------
        quantity : {"stress", "energy", "dissipation"}
        """
        error = float(getattr(self, quantity))
        return error if self.directions is None else max(error, self.directions[quantity]["worst"])


@dataclass(frozen=True)
class Evaluation:
    """Errors of a model on the paths of the protocol, by the name of the path."""

    paths: Mapping[str, PathErrors]

    def __str__(self) -> str:
        """Return the relative errors as a table."""
        titles, rows, notes = self._table()
        lines = ["path  " + "".join(f"{title:>14}" for title in titles)]
        lines += [f"{name:<6}" + "".join(f"{n:>14}" for n in numbers) + remarks for name, numbers, remarks in rows]
        return "\n".join([*lines, *notes])

    def _repr_html_(self) -> str:
        titles, rows, notes = self._table()
        cells = [[name, *numbers, remarks.strip()] for name, numbers, remarks in rows]
        return html_table("Relative errors in closed loop", ("path", *titles, ""), cells, notes)

    def _table(self) -> tuple[list[str], list[tuple[str, list[str], str]], list[str]]:
        """Return titles of columns, rows (name, numbers, remarks) and notes."""
        groups = list(dict.fromkeys(name for errors in self.paths.values() for name in errors.coordinates))
        titles = ["stress", "energy", "dissipation", *groups, "violations"]
        rows: list[tuple[str, list[str], str]] = []
        for name, e in self.paths.items():
            values = [e.stress, e.energy, e.dissipation, *(e.coordinates.get(group, np.nan) for group in groups)]
            numbers = [*(f"{value:.1e}" for value in values), str(e.violations)]
            remarks = (
                "  outside the training range" * e.outside_training_range + "  the model ran away" * e.ran_away
            )
            rows.append((name, numbers, remarks))
            for measure, row in directions_rows(e.to_dict(), groups):
                rows.append((measure, [f"{np.inf if value is None else value:.1e}" for value in row], ""))
        notes = [f"errors of stresses in {WORDS[self.metric]}"] if self.metric != "uniform" else []
        return titles, rows, notes

    @property
    def metric(self) -> MetricName:
        """In which relative errors of stresses are measured."""
        return next((e.metric for e in self.paths.values()), "uniform")

    def to_dict(self) -> dict[str, dict[str, object]]:
        """Return the errors as plain dictionaries for JSON, which has no infinity and no NaN: they become None."""
        return {name: e.to_dict() for name, e in self.paths.items()}


def evaluate(
    tann: TANN | str | os.PathLike[str],
    names: Sequence[str] = NAMES,
    progress: Callable[[str], None] | None = None,
    strain: ArrayLike | None = None,
) -> Evaluation:
    """Run a model in closed loop and measure its errors against its microstructure, as ``microtann evaluate``.

    Only strain increments go in; the model's own state is fed back. ``print`` shows the errors as a table.

    Parameters
    ----------
    tann : TANN, name or path
        Trained on a microstructure that can be solved, such as a lattice.
    names : sequence of str
        Paths of the protocol.
    progress : callable, optional
        Called with the name of every path before it is run.
    strain : array, shape (T, v) or (B, T, v), optional
        Strain paths of your own, evaluated as the path "own" in place of the protocol.

    Raises
    ------
    InputError
        If the model says of no microstructure that it stands for, so that there is no exact reference, or the
        strain has another shape.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> strain = np.linspace(0.0, 0.5, 11)[1:, None] * np.eye(6)[0]
    >>> bool(mt.evaluate("cube", strain=strain).paths["own"].stress < 1e-12)
    True
    """
    if not isinstance(tann, TANN):
        tann = load(tann)
    if strain is None:
        paths = protocol(tann, names)
    else:
        values = check_strain_paths(strain, tann.components)
        paths = [EvaluationPath("own", "a path of the user", values.reshape(-1, *values.shape[-2:]))]
    return Evaluation({response.path.name: response.errors for response in respond(tann, paths, progress)})


def protocol(tann: TANN, names: Sequence[str] = NAMES) -> list[EvaluationPath]:
    """Return paths of the protocol in the metric of the model's microstructure or data.

    Where neither is known they reach as far as the training data.
    """
    information, known = tann.information, tann.microstructure
    metric, seen = information.strain_metric, information.training_range
    if (known is None or not known.solvable) and "metric" not in information.provenance and seen is not None:
        metric = StrainMetric.uniform(float(seen.strain.max()) / BOUND, tann.components)
    return [path(name, tann.components, metric) for name in names]


@dataclass(frozen=True, eq=False)
class PathComparison:
    """Response of a model on one path beside that of its microstructure.

    Parameters
    ----------
    path : EvaluationPath
    exact : MicroResponse
    recalled : Recall
    errors : PathErrors
    """

    path: EvaluationPath
    exact: MicroResponse
    recalled: Recall
    errors: PathErrors


def respond(
    tann: TANN, paths: Sequence[EvaluationPath], progress: Callable[[str], None] | None = None
) -> Iterator[PathComparison]:
    """Run a model in closed loop on paths, one after the other, and measure its errors.

    Parameters
    ----------
    tann : TANN
    paths : sequence of EvaluationPath
    progress : callable, optional
        Called with the name of every path before it is run.

    Raises
    ------
    InputError
        If the model says of no microstructure that it stands for, so that there is no exact reference.
    """
    if tann.microstructure is None or not tann.microstructure.solvable:
        raise InputError(
            "the model names no microstructure that can be solved to compare with: measure its "
            "errors on data with microtann.training.dataset_errors"
        )
    sizes = cache(partial(sizes_of_groups, tann.microstructure))
    for chosen in paths:
        if progress is not None:
            progress(chosen.name)
        exact, recalled = tann.microstructure.solve(chosen.strain), _recall(tann, chosen)
        yield PathComparison(chosen, exact, recalled, path_errors(tann, chosen, exact, recalled, sizes))


def _recall(tann: TANN, chosen: EvaluationPath) -> Recall:
    """Return the recall of a path, without a warning: the table of errors says what leaves the training range."""
    return tann.recall(chosen.strain, decode=True, outside_training="none")


def sizes_of_groups(microstructure: Microstructure) -> dict[str, float]:
    """Return the largest RMS of every group of internal coordinates over strains to and past yield, one by one."""
    unit = microstructure.strain_metric().unit
    strain = 2.0 * UNIT_YIELD * np.linspace(0.25, 1.0, 4)[:, None] * unit.T[:, None, :]
    groups = microstructure.solve(strain).coordinates
    return {
        name: float(np.sqrt((values.reshape(len(unit), -1) ** 2).mean(axis=1).max()))
        for name, values in groups.items()
    }


def path_errors(
    tann: TANN,
    chosen: EvaluationPath,
    exact: MicroResponse,
    recalled: Recall,
    sizes: Callable[[], Mapping[str, float]] = dict,
) -> PathErrors:
    """Return the errors of a recall on one path.

    A group of internal coordinates that vanishes on the path, by symmetry for instance, is held against its size
    elsewhere, or left out where that is not known.

    Parameters
    ----------
    tann : TANN
    chosen : EvaluationPath
    exact : MicroResponse
    recalled : Recall
    sizes : callable, optional
        Returns the size of every group, see `sizes_of_groups`; asked for only where errors are larger than the
        group itself.
    """
    metric = tann.information.strain_metric
    plain = {"stress": (recalled.stress, exact.stress)}
    pairs = {
        "stress": (metric.measured(recalled.stress), metric.measured(exact.stress)),
        "energy": (recalled.energy, exact.energy),
        "dissipation": (recalled.dissipation.cumsum(axis=1), exact.dissipation.cumsum(axis=1)),
    }
    groups = {name: (value, exact.coordinates[name]) for name, value in recalled.coordinates.items()}
    reach = None if recalled.training_reach is None else float(recalled.training_reach.max())
    return PathErrors(
        **{name: relative_rms(*pair) for name, pair in pairs.items()},
        coordinates=_errors_of_groups(groups, sizes),
        largest={name: float(np.abs(a - b).max()) for name, (a, b) in (pairs | plain | groups).items()},
        violations=int(np.count_nonzero(~(recalled.dissipation >= -VIOLATION * np.abs(exact.energy).max()))),
        drift=drift_at_rest(recalled.stress) if chosen.name == "z" else None,
        outside_training_range=bool(recalled.points_outside),
        training_reach=reach,
        directions=_directions(pairs, groups, exact.energy, sizes) if chosen.name == DIRECTIONS else None,
        metric=metric.name,
    )


def _errors_of_groups(
    groups: Mapping[str, tuple[Array, Array]], sizes: Callable[[], Mapping[str, float]]
) -> dict[str, float]:
    """Return the relative RMS errors of groups, without those that vanish and whose size is not known."""
    errors = {name: relative_rms(*pair) for name, pair in groups.items()}
    for name in [name for name, error in errors.items() if not error <= 1.0]:
        found, reference = groups[name]
        elsewhere = sizes().get(name, 0.0)
        if elsewhere > 0.0:
            errors[name] = float(relative_on_every_path(found[None], reference[None], elsewhere)[0])
        elif not reference.any():
            del errors[name]
    return errors


def _directions(
    pairs: Mapping[str, tuple[Array, Array]],
    groups: Mapping[str, tuple[Array, Array]],
    energy: Float[Array, "B T"],
    sizes: Callable[[], Mapping[str, float]],
) -> dict[str, dict[str, float]]:
    """Return the spread of the errors of single directions, of what was found beside its reference."""
    spreads = {
        name: spread(relative_to_energy(*pair, energy) if name == "dissipation" else relative_on_every_path(*pair))
        for name, pair in pairs.items()
    }
    for name, pair in groups.items():
        errors = relative_on_every_path(*pair)
        if not (errors <= 1.0).all():
            errors = relative_on_every_path(*pair, sizes().get(name, 0.0))
        spreads[name] = spread(errors)
    return spreads


def drift_at_rest(stress: Float[Array, "B T v"]) -> float:
    """Return the largest change of the stress over the zero increments of path z."""
    start = stress.shape[1] - REST_STEPS - REST_STEPS  # zero increments, then as many tiny ones
    resting = stress[:, start - 1 : start + REST_STEPS]
    return float(np.abs(resting - resting[:, :1]).max())
