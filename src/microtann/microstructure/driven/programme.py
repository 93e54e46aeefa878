"""Loading programmes of a cell: strain or stress prescribed per component, as at a material point."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.numbers import voigt
from microtann.system.text_file import read_text

Rest = Literal["fixed", "free"]
KEYS = ("strain", "stress", "rest", "increments", "dt", "name")


LARGEST = 1e90
"""Largest strain or stress: energies do not overflow."""


@dataclass(frozen=True)
class CellStep:
    """Average strain and stress components that ramp linearly to their values.

    Parameters
    ----------
    strain, stress : mapping
        Value at the end of the step of every component prescribed in this way, by its label: "11", "22", "33",
        "23", "13", "12". Shear strains are engineering strains γ. No component may be in both.
    rest : {"fixed", "free"}
        What holds for the components not named: their strain stays as it is, or their stress goes to zero.
    increments : int
        Equal increments of the step.
    dt : float
        Duration of one increment.
    name : str
        Shown in messages.

    Raises
    ------
    InputError
        If a value is not a finite number, a component is prescribed twice, or a parameter is out of range.

    Examples
    --------
    Uniaxial stress, plane stress, and shear at zero lateral stress:

    >>> import microtann as mt
    >>> pull = mt.CellStep(strain={"11": 0.6}, rest="free", increments=20)
    >>> plane = mt.CellStep(strain={"11": 0.3, "22": 0.1, "12": 0.0}, stress={"33": 0, "23": 0, "13": 0})
    >>> shear = mt.CellStep(strain={"12": 0.4}, rest="free")
    """

    strain: Mapping[str, Any] = field(default_factory=dict)
    stress: Mapping[str, Any] = field(default_factory=dict)
    rest: str = "fixed"
    increments: int = 10
    dt: float = 1.0
    name: str = ""

    def __post_init__(self) -> None:
        where = f"step {self.name!r}" if self.name else "a loading step"
        for kind in ("strain", "stress"):
            for label, value in getattr(self, kind).items():
                if label not in voigt.LABELS[3]:
                    labels = ", ".join(voigt.LABELS[3])
                    raise InputError(f"{where} names the {kind} component {label!r}: there are {labels}")
                if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                    raise InputError(f"{where}: {kind} {label} must be a finite number, got {value!r}")
                if abs(value) > LARGEST:
                    raise InputError(f"{where}: {kind} {label} must be at most {LARGEST:g} in size, got {value!r}")
        both = sorted(set(self.strain) & set(self.stress))
        if both:
            raise InputError(f"{where} prescribes both strain and stress of component {both[0]}: choose one")
        if self.rest not in ("fixed", "free"):
            raise InputError(f"{where}: rest is 'fixed' or 'free', got {self.rest!r}")
        if isinstance(self.increments, bool) or not isinstance(self.increments, int) or self.increments < 1:
            raise InputError(f"{where} needs a positive number of increments, got {self.increments!r}")
        if isinstance(self.dt, bool) or not isinstance(self.dt, int | float) or not 0 < self.dt < np.inf:
            raise InputError(f"{where}: dt must be positive and finite, got {self.dt!r}")

    def targets(
        self, strain: Float[NDArray[np.float64], "v"]
    ) -> tuple[Bool[NDArray[np.bool_], "v"], Float[NDArray[np.float64], "v"]]:
        """Return which components are controlled by stress, and the value of every component at the end.

        Parameters
        ----------
        strain : array, shape (v,)
            Average strain at the start of the step.

        Raises
        ------
        InputError
            If a component does not exist in the dimension of the strain.
        """
        labels = voigt.LABELS[voigt.dimension(len(strain))]
        for label in (*self.strain, *self.stress):
            if label not in labels:
                raise InputError(f"component {label} does not exist in this cell: there are {', '.join(labels)}")
        free = self.rest == "free"
        by_stress = np.array([label in self.stress or (free and label not in self.strain) for label in labels])
        value = np.where(by_stress, 0.0, strain)
        for component, label in enumerate(labels):
            value[component] = self.strain.get(label, self.stress.get(label, value[component]))
        return by_stress, value


def zigzag_programme(
    label: str, values: Sequence[float], increments: int, rest: Rest = "free"
) -> tuple[CellStep, ...]:
    """Return a cyclic programme: one strain component goes from value to value.

    Parameters
    ----------
    label : str
        Component, as "11".
    values : sequence of float
        Strains at the turning points.
    increments : int
        Increments between two of them.
    rest : {"fixed", "free"}
        What holds for the other components; see `CellStep`.
    """
    return tuple(CellStep(strain={label: float(v)}, rest=rest, increments=increments) for v in values)


def read_programme(path: str | Path) -> tuple[CellStep, ...]:
    """Read a programme from a TOML file.

    The file lists ``[[step]]`` tables with the keys of `CellStep`; ``repeat = n`` runs the list n times::

        repeat = 2
        [[step]]
        strain = { 11 = 0.5 }
        rest = "free"
        increments = 20
        [[step]]
        stress = { 11 = 0.0 }
        rest = "free"

    Raises
    ------
    InputError
        If the file cannot be read or holds something else; the message names the step and the key.
    """
    path = Path(path)
    try:
        content = tomllib.loads(read_text(path))
    except OSError as error:
        raise InputError(f"the programme {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"the programme {path} is not a TOML file: {error}") from None
    unknown = sorted(set(content) - {"step", "repeat"})
    if unknown:
        raise InputError(
            f"the programme {path} has an unknown key {unknown[0]!r}: use 'repeat' and [[step]] tables"
        )
    repeat, tables = content.get("repeat", 1), content.get("step", [])
    if isinstance(repeat, bool) or not isinstance(repeat, int) or repeat < 1:
        raise InputError(f"the programme {path}: repeat must be a positive integer, got {repeat!r}")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"the programme {path} has no [[step]] tables")
    return tuple(_step(path, number, table) for number, table in enumerate(tables, start=1)) * repeat


def _step(path: Path, number: int, table: dict[str, Any]) -> CellStep:
    unknown = sorted(set(table) - set(KEYS))
    if unknown:
        raise InputError(f"{path}, step {number}: unknown key {unknown[0]!r}; there are {', '.join(KEYS)}")
    for kind in ("strain", "stress"):
        if not isinstance(table.get(kind, {}), dict):
            raise InputError(f"{path}, step {number}: {kind} must be a table such as {{ 11 = 0.5 }}")
    try:
        return CellStep(**{"name": f"{number}", **table})
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
