"""Walks of before and histories of a structure as one data set, in which both count what they should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from microtann.data.increments import Dataset, Increments
from microtann.refinement.exact_histories import joined, numbered


def mixture(walks: Dataset, histories: Sequence[Dataset], share: float) -> Dataset:
    """Return walks and histories together; an emphasis gives these a share of the loss.

    A loss that is relative to the mean square of all stresses is then (1 − share) times that of the walks and
    share times that of the histories, each relative to its own.

    Parameters
    ----------
    walks : Dataset
    histories : sequence of Dataset
        Of one or more rounds.
    share : float
        Between 0 and 1.
    """
    first = 1 + max(int(part.path.max(initial=0)) for part in (walks.training, walks.validation, walks.test))
    training, validation = [], []
    for data in histories:
        training.append(numbered(data.training, first))
        validation.append(numbered(data.validation, first))
        first += 1 + max(int(part.path.max(initial=0)) for part in (data.training, data.validation))
    learnt = joined(training)
    emphasis = share / (1.0 - share) * _size(walks.training) / _size(learnt)
    paths = np.unique(np.concatenate([part.path for part in (*training, *validation)]))
    return replace(
        walks,
        training=joined([walks.training, learnt]),
        validation=joined([walks.validation, *validation]),
        provenance={**walks.provenance, "histories": f"{len(paths)} of Gauss points of a structure"},
        emphasis=dict.fromkeys(paths.tolist(), emphasis),
    )


def _size(data: Increments) -> float:
    """Return the sum of squares of the stresses of the increments that move."""
    moving = (data.strain_increment != 0.0).any(axis=1)
    return float((data.stress_next[moving] ** 2).sum()) or 1.0
