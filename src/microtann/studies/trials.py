"""Search of hyper-parameters: what may vary, and which trials are made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any

import numpy as np

from microtann.errors import ConfigurationError
from microtann.training.form import TrainableForm


@dataclass(frozen=True)
class Choices:
    """One of several values."""

    values: tuple[Any, ...]

    def draw(self, generator: np.random.Generator) -> Any:
        """Return one of the values at random."""
        return self.values[int(generator.integers(len(self.values)))]

    def grid(self, _: int) -> tuple[Any, ...]:
        """Return all values."""
        return self.values


@dataclass(frozen=True)
class Interval:
    """A number between two bounds, evenly in its logarithm if both are positive; an integer if both are.

    Raises
    ------
    ConfigurationError
        If the bounds are not in order.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ConfigurationError(f"the lower bound of {self.low}..{self.high} must be below the upper one")

    def draw(self, generator: np.random.Generator) -> float:
        """Return a number at random."""
        return self._at(float(generator.random()))

    def grid(self, count: int) -> tuple[float, ...]:
        """Return ``count`` numbers, bounds included."""
        return tuple(dict.fromkeys(self._at(share) for share in np.linspace(0.0, 1.0, max(count, 2)).tolist()))

    def _at(self, share: float) -> float:
        if self.low > 0:
            value = float(self.low * (self.high / self.low) ** share)
        else:
            value = float(self.low + share * (self.high - self.low))
        if isinstance(self.low, int) and isinstance(self.high, int):
            return round(value)
        return float(f"{value:.3g}")


Range = Choices | Interval


def default_ranges(form: TrainableForm) -> dict[str, Range]:
    """Return sensible ranges of a form around its hyper-parameters: learning rates, batches and slips.

    What decides size and cost of a model, such as its states and updates, is left to the user.
    """
    ranges: dict[str, Range] = {}
    for f in fields(form):  # type: ignore[arg-type]
        value = getattr(form, f.name)
        if f.name.endswith("rate") and isinstance(value, float):
            ranges[f.name] = Interval(float(f"{value / 5:.3g}"), float(f"{value * 5:.3g}"))
        elif f.name.endswith("rate") and isinstance(value, tuple) and value:
            factors = (0.25, 0.5, 1.0, 2.0, 4.0)
            ranges[f.name] = Choices(tuple(tuple(float(f"{k * v:.3g}") for v in value) for k in factors))
        elif f.name.endswith("batch") and isinstance(value, int):
            ranges[f.name] = Choices((max(1, value // 2), value, 2 * value))
        elif f.name.endswith("batch") and isinstance(value, tuple) and value:
            ranges[f.name] = Choices(tuple(tuple(max(1, round(k * v)) for v in value) for k in (0.25, 0.5, 1.0)))
        elif f.name == "slips":
            states = int(getattr(form, "states", 1))
            ranges[f.name] = Choices((-(-3 * states // 2), 2 * states, 3 * states))
    return ranges


def random_trials(form: TrainableForm, ranges: Mapping[str, Range], count: int, seed: int) -> list[TrainableForm]:
    """Return forms with hyper-parameters drawn at random; the first is the form as it is.

    A trial depends on the seed and its number only, so that more trials go on where fewer ended.

    Parameters
    ----------
    form : TrainableForm
    ranges : mapping
        By the name of the hyper-parameter.
    count : int
    seed : int

    Raises
    ------
    ConfigurationError
        If a name is no hyper-parameter of the form, or a value out of its range.
    """
    _check_names(form, ranges)
    trials = [form]
    for number in range(1, count):
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
        trials.append(_with(form, {name: ranges[name].draw(generator) for name in sorted(ranges)}))
    return trials


def grid_trials(form: TrainableForm, ranges: Mapping[str, Range], count: int) -> list[TrainableForm]:
    """Return forms on a grid: all choices, and ``count`` numbers of every interval.

    Parameters
    ----------
    form : TrainableForm
    ranges : mapping
        By the name of the hyper-parameter.
    count : int

    Raises
    ------
    ConfigurationError
        If a name is no hyper-parameter of the form, or a value out of its range.
    """
    _check_names(form, ranges)
    return [
        _with(form, dict(zip(ranges, values, strict=True)))
        for values in product(*(r.grid(count) for r in ranges.values()))
    ]


def _with(form: TrainableForm, values: Mapping[str, Any]) -> TrainableForm:
    return replace(form, **values)  # type: ignore[type-var]


def _check_names(form: TrainableForm, names: Mapping[str, Range] | Sequence[str]) -> None:
    known = [f.name for f in fields(form) if f.init]  # type: ignore[arg-type]
    for name in names:
        if name not in known or name == "seed":
            listed = ", ".join(key for key in known if key != "seed")
            raise ConfigurationError(
                f"{name!r} is no hyper-parameter of the form {form.name!r} that can vary: they are {listed}"
            )
