"""States as a file has them, and the path in the order and units of the package that they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from microtann.data.imported.averaged_path import AveragedPath
from microtann.data.imported.component_order import ORDERS, ComponentOrder
from microtann.data.imported.import_choice import ImportChoice
from microtann.errors import DataFileError, InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RawStates:
    """K states of a path as they stand in a file.

    Parameters
    ----------
    name : str
    strain, stress : array, shape (K, n) or (K, d, d)
    others : mapping of arrays, shape (K, ...)
        "time", "energy", "dissipation" and extra variables, as far as they are asked for.
    coordinates : mapping of arrays, shape (K, ...)
    """

    name: str
    strain: Array
    stress: Array
    others: Mapping[str, Array] = field(default_factory=dict)
    coordinates: Mapping[str, Array] = field(default_factory=dict)


def to_path(raw: RawStates, choice: ImportChoice) -> AveragedPath:
    """Return the path that raw states make.

    Parameters
    ----------
    raw : RawStates
    choice : ImportChoice
        Order, shear, factors and what the dissipation is.

    Raises
    ------
    DataFileError
        If they make none.
    """
    try:
        order = ComponentOrder(_order(raw, choice), choice.shear)
        strain = order.converted(choice.strain_factor * raw.strain, "strain", f"the strain of {raw.name}")
        stress = order.converted(choice.stress_factor * raw.stress, "stress", f"the stress of {raw.name}")
        energies = {k: choice.energy_factor * raw.others[k] for k in ("energy", "dissipation") if k in raw.others}
        if choice.dissipation_is == "increment" and "dissipation" in energies:
            energies["dissipation"] = np.cumsum(energies["dissipation"])
        extra = [raw.others[name] for name in choice.pairs("extra")]
        return AveragedPath(
            strain,
            stress,
            time=raw.others.get("time"),
            **energies,
            extra=np.stack(extra, axis=1) if extra else None,
            coordinates=raw.coordinates,
            name=raw.name,
        )
    except DataFileError:
        raise
    except InputError as error:
        raise DataFileError(str(error)) from None


def _order(raw: RawStates, choice: ImportChoice) -> tuple[str, ...]:
    """Return the order of the components: as it is said, of whole tensors, or as the columns' names end."""
    if choice.components:
        return choice.components
    if raw.strain.ndim == 3:
        return ("tensor",)
    strain, stress = (tuple(map(_ending, names)) for names in (choice.strain, choice.stress))
    if strain == stress and all(strain) and len(strain) == raw.strain.shape[1]:
        return strain
    if raw.strain.shape[1] == 1:
        return ("11",)
    raise DataFileError(
        f"say in which order the components of {raw.name} stand: import.components, as in 11,22,12, or one of "
        + ", ".join(ORDERS)
    )


def _ending(column: str) -> str:
    """Return the component that the name of a column ends with, as that of "E-E12"."""
    found = re.search(r"(\d\d)$", column)
    return found[1] if found else ""
