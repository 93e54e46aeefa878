"""What is done where a model is used outside of the range of its training data: nothing, a warning, an error."""

from __future__ import annotations

import warnings

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
