"""How many sections and fibres a frame needs: errors on random walks against many of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.frames.cross_section import CrossSection
from microtann.microstructure.frames.frame import Frame
from microtann.microstructure.frames.stations import StationRule
from microtann.microstructure.strain_metric import UNIT_YIELD

Array = NDArray[np.float64]
STEP = 0.15
"""Standard deviation of an increment, over the median first yield, in every principal direction of stiffness."""
REACH = 3.0
"""Largest strain, over the median first yield; walks turn back there."""


@dataclass(frozen=True)
class FrameError:
    """What a choice of sections and fibres misses.

    Parameters
    ----------
    sections : int
    fibres : tuple of int
    count : int
        Fibres in all sections of the frame.
    stress : float
        Relative RMS error of the stress along walks, in the metric of the stiffness.
    microseconds : float
        CPU time of an increment of one path.
    """

    sections: int
    fibres: tuple[int, int]
    count: int
    stress: float
    microseconds: float


def frame_errors(
    cell: UnitCell,
    make: Callable[[tuple[int, int]], CrossSection],
    choices: Sequence[tuple[int, tuple[int, int]]],
    reference: tuple[int, tuple[int, int]],
    rule: StationRule = "lobatto",
    bar: ElastoplasticBar | None = None,
    paths: int = 16,
    increments: int = 60,
    seed: int = 0,
) -> list[FrameError]:
    """Return the errors of choices of sections and fibres on random walks, against a reference with many of both.

    Walks and errors are measured in the metric of the stiffness C, E' = C^½ E and S' = C^−½ S, so that soft
    directions count as much as stiff ones. Walks have increments of 0.15 first yields and reach ± 3.

    Parameters
    ----------
    cell : UnitCell
    make : callable
        Section of a beam from its numbers of fibres, ``lambda fibres: mt.CrossSection.circle(0.03, fibres)`` say.
    choices : sequence of (sections, fibres)
    reference : (sections, fibres)
        Always with ends, by Lobatto's rule.
    rule : {"lobatto", "gauss"}
        Of the choices.
    bar : ElastoplasticBar, optional
    paths, increments : int
        Walks, and increments of each.
    seed : int
        Of the walks.

    Returns
    -------
    list of FrameError
        One for every choice.

    Raises
    ------
    InputError
        If there is nothing to compare.

    Examples
    --------
    >>> import microtann as mt
    >>> row = mt.frame_errors(
    ...     mt.square_grid_cell(), lambda n: mt.CrossSection.rectangle(0.1, fibres=n), [(4, (4, 1))], (6, (8, 1)),
    ...     paths=2, increments=10,
    ... )[0]
    >>> row.count, row.stress < 0.2
    (32, True)
    """
    if not choices or paths < 1 or increments < 1:
        raise InputError(
            "errors of frames need at least one choice of sections and fibres, one path and increment"
        )
    exact = Frame(cell, make(reference[1]), bar, sections=reference[0])
    metric = exact.strain_metric("stiffness")
    walks = metric.strains(_walks(paths, increments, exact.components, seed))
    wanted, _ = _follow(exact, walks)
    found = []
    for sections, fibres in choices:
        frame = Frame(cell, make(fibres), bar, sections=sections, rule=rule)
        stress, seconds = _follow(frame, walks)
        missed, whole = (np.linalg.norm(metric.measured(s)) for s in (stress - wanted, wanted))
        found.append(
            FrameError(
                sections, fibres, frame.exact_states, float(missed / whole), seconds / paths / increments * 1e6
            )
        )
    return found


def _walks(paths: int, increments: int, components: int, seed: int) -> Float[Array, "B T v"]:
    """Return walks in unit strains, reflected where one would leave its range."""
    rng = np.random.default_rng(seed)
    walks, place = np.empty((paths, increments, components)), np.zeros((paths, components))
    for t in range(increments):
        step = STEP * UNIT_YIELD * rng.standard_normal(place.shape)
        place = place + np.where(np.abs(place + step) > REACH * UNIT_YIELD, -step, step)
        walks[:, t] = place
    return walks


def _follow(frame: Frame, walks: Float[Array, "B T v"]) -> tuple[Float[Array, "B T v"], float]:
    """Return the stresses along walks, and the CPU seconds of all but the first increment scaled to all."""
    state, stress = frame.initial_state(len(walks)), np.empty_like(walks)
    before, begin = np.zeros_like(walks[:, 0]), 0.0
    for t in range(walks.shape[1]):
        if t == 1:
            begin = time.process_time()
        stress[:, t], _, state = frame.update(walks[:, t] - before, state, tangent=False)
        before = walks[:, t]
    steps = walks.shape[1]
    return stress, (time.process_time() - begin) * steps / max(steps - 1, 1) if steps > 1 else 0.0
