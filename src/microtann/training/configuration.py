"""What can be chosen about a training run."""

from __future__ import annotations

from dataclasses import fields

from microtann.configuration import configuration
from microtann.errors import ConfigurationError
from microtann.tann.forms import FORMS


@configuration
class TrainingConfig:
    """Choices of a training run.

    Parameters
    ----------
    form : str
        Form of the TANN, a name in `microtann.tann.forms.FORMS`.
    states : int
        Internal state variables to start with; play mechanisms found to be one are merged.
    seed : int
        Seed of the random start and of the order of the data.
    descent_updates : int
        Updates of stochastic gradient descent (Adam) from the random start.
    batch : int
        Increments per update.
    learning_rate : float
        Rate at the start of the descent; it falls to a thousandth along a cosine.
    polish_updates : int
        Most updates of the quasi-Newton polish (L-BFGS) that follows.
    polish_increments : int
        Increments that the polish sees, all at once.
    merge_tolerance : float
        Relative difference below which two mechanisms are one.
    """

    form: str = "play"
    states: int = 22
    seed: int = 0
    descent_updates: int = 8000
    batch: int = 1000
    learning_rate: float = 5e-3
    polish_updates: int = 1500
    polish_increments: int = 8000
    merge_tolerance: float = 0.2

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ConfigurationError(f"unknown form {self.form!r}: use one of {', '.join(sorted(FORMS))}")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("form", "seed"):
                continue
            if field.name == "polish_updates":
                if value < 0:
                    raise ConfigurationError(f"training {field.name} must not be negative, got {value}")
            elif not value > 0:
                raise ConfigurationError(f"training {field.name} must be positive, got {value}")
