"""What is to be exported: a model, the prefix of its symbols, the order of components and the refused range."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

import microtann
from microtann.errors import InputError
from microtann.export.parts_digest import parts_digest
from microtann.numbers import voigt
from microtann.tann.information import LEAST_WIDTH
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]

INTERFACE = 1
"""Number of the interface of the functions; it rises when their arguments change."""
FARTHEST = 10.0
"""Strains and increments beyond this many times the range of the training are refused if nothing else is said."""
PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
NO_BOUND = np.finfo(np.float64).max


@dataclass(frozen=True)
class ExportedModel:
    """A model on its way to another code.

    Parameters
    ----------
    model : TANN
    name : str
        How people call it, such as "cube-play".
    prefix : str
        Of all symbols of the source.
    order : str
        Of the components in the host; empty for the one of microtann.
    farthest : float
        Points whose strain or increment reaches farther than this in the range of the training fail; infinity
        refuses none.

    Raises
    ------
    InputError
        If the prefix is no name in C, the limit is not positive, or the model depends on what no host passes.
    """

    model: TANN
    name: str
    prefix: str
    order: str = ""
    farthest: float = FARTHEST

    def __post_init__(self) -> None:
        if not PREFIX.fullmatch(self.prefix):
            raise InputError(
                f"{self.prefix!r} is no name for symbols in C: use letters, digits and underscores, a letter first"
            )
        if not self.farthest > 0.0:
            raise InputError(f"the farthest reach must be positive, got {self.farthest!r}")
        extra = self.model.information.extra_names
        if extra:
            raise InputError(
                f"the model depends on {', '.join(extra)} besides the strain, which no host passes: it runs in "
                "Python alone"
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the model computes."""
        return parts_digest(self.model)

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the strain components in the order of microtann."""
        information = self.model.information
        return information.strain_names or voigt.component_names(information.components)

    @cached_property
    def virgin(self) -> Float[Array, "z"]:
        """Z of the virgin material, from which the states of the source are counted."""
        return np.asarray(self.model.virgin_state(), dtype=np.float64)

    @cached_property
    def boxes(self) -> dict[str, Float[Array, "..."]]:
        """The range of the training: half widths of strain and increment; middle and half width of the states."""
        known, v, z = self.model.information.training_range, self.model.components, self.model.states
        unbounded = {
            "strain": np.full(v, NO_BOUND),
            "increment": np.full(v, NO_BOUND),
            "middle": np.zeros(z),
            "half": np.full(z, NO_BOUND),
        }
        if known is None:
            return unbounded
        found = {"strain": half_width(known.strain)}
        if self.model.evolution.reads_increment and known.largest_increment is not None:
            found["increment"] = half_width(known.largest_increment)
        if known.state is not None:
            low, high = known.state
            found |= {"middle": 0.5 * (low + high) - self.virgin, "half": half_width(0.5 * (high - low))}
        return unbounded | found

    def described(self) -> dict[str, object]:
        """Return what the files say of the model."""
        return {
            "microtann": microtann.__version__,
            "interface": INTERFACE,
            "prefix": self.prefix,
            "name": self.name,
            "form": self.model.form,
            "digest": self.digest,
            "components": list(self.components),
            "states": self.model.states,
            "ranged": self.model.information.training_range is not None,
        }

    def described_json(self) -> str:
        """Return `described` as one line of ASCII."""
        return json.dumps(self.described(), separators=(",", ":"))


def half_width(half: Float[Array, "k"]) -> Float[Array, "k"]:
    """Return half the width of a box as the training range counts it: never zero."""
    return np.maximum(half, max(LEAST_WIDTH * half.max(initial=0.0), np.finfo(np.float64).tiny))


def prefix_of(name: str) -> str:
    """Return a name of symbols for the name of a model.

    Examples
    --------
    >>> from microtann.export.exported_model import prefix_of
    >>> prefix_of("cube-2x2x2-perturbed"), prefix_of("4x4@young=2")
    ('cube_2x2x2_perturbed', 'model_4x4_young_2')
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return plain if PREFIX.fullmatch(plain) else f"model_{plain}".rstrip("_")
