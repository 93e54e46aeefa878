"""Whether a descent has converged: what the validation walks still gained at its end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from microtann.tann.information import TrainingRecord
from microtann.training.descent_and_polish import at_round_off

LAST = 0.25
"""Share of the updates, at the end, over which the fall of the validation error is measured."""
STILL = 0.05
"""Fall of the validation error over these updates below which a descent has converged.

The learning rate falls to a thousandth, so that every descent ends flat in its last few updates; over a quarter of
them it does not, unless it has arrived.
"""
APART = 1.5
"""Validation error over training error from which on more walks help more than more updates."""


def verdict(history: Sequence[TrainingRecord]) -> str:
    """Return a sentence that begins with "converged" or "not converged"; nothing if there was no descent.

    Parameters
    ----------
    history : sequence of TrainingRecord
        Losses are relative mean squares; errors are their roots. The last phase counts.
    """
    if not history:
        return ""
    history = [record for record in history if record.phase == history[-1].phase]
    if at_round_off(history[-1].training, np.inf):
        return "converged: the training error is round-off"
    if len(history) < 1.0 / LAST:
        return f"not converged: {history[-1].update} updates are too few to tell; train longer"
    update = np.array([record.update for record in history], dtype=np.float64)
    validation = np.sqrt([record.validation for record in history])
    training = np.sqrt(history[-1].training)
    quarter = LAST * (update[-1] - update[0]) * len(update) / (len(update) - 1)
    before = np.exp(np.interp(update[-1] - quarter, update, np.log(np.maximum(validation, 1e-300))))
    fall = 1.0 - validation[-1] / max(before, 1e-300)
    behind = validation[-1] > APART * training
    ratio = f"the validation error is {validation[-1] / max(training, 1e-300):.2g} times that on training walks"
    if fall > STILL:
        sentence = (
            f"not converged: the validation error still fell by {fall:.0%} over the last quarter of the updates"
        )
        return f"{sentence}; more updates will help" + (f", and more walks, for {ratio}" if behind else "")
    if fall < -STILL:
        return (
            f"not converged: the validation error rose by {-fall:.0%} over the last quarter of the updates; more "
            "walks or a lower learning rate will help"
        )
    sentence = f"converged: the validation error changed by {abs(fall):.1%} over the last quarter of the updates"
    return f"{sentence}; {ratio}, so that more walks will help" if behind else sentence
