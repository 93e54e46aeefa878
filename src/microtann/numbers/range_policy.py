"""What is done where a model is used outside of the range of its training data: nothing, a warning, an error."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError, TrainingRangeError, TrainingRangeWarning

POLICIES = ("none", "warn", "error")


def check_policy(policy: str) -> None:
    """Refuse a policy that does not exist.

    Raises
    ------
    InputError
    """
    if policy not in POLICIES:
        raise InputError(f"outside_training is one of 'none', 'warn' and 'error', got {policy!r}")


def warn_or_raise(policy: str, sentence: str, level: int) -> None:
    """Warn or raise with a sentence, as the policy says.

    Parameters
    ----------
    policy : {"none", "warn", "error"}
    sentence : str
    level : int
        Stack level of the line that the warning is about, counted from the caller of this function as 1.

    Raises
    ------
    TrainingRangeError
    """
    if policy == "error":
        raise TrainingRangeError(sentence)
    if policy == "warn":
        warnings.warn(sentence, TrainingRangeWarning, stacklevel=level + 1)


def outside_paths(reach: Float[NDArray[np.float64], "*batch"]) -> str:
    """Return a sentence on the increments of paths that leave the range.

    Parameters
    ----------
    reach : array, shape (T,) or (B, T)
        How far every increment reaches in the range, on whose border it is 1.
    """
    worst = np.unravel_index(int(reach.argmax()), reach.shape)
    place = f"increment {worst[-1]}" + (f" of path {worst[0]}" if reach.ndim > 1 else "")
    return (
        f"{np.count_nonzero(reach > 1.0)} of {reach.size} increments leave the range of the model's training "
        f"data, the farthest (in {place}) reaching {reach.max():.3g} times as far: its errors are not known there"
    )
