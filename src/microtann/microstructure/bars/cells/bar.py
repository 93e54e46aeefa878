"""Elastoplastic bars: a uniaxial law with linear kinematic hardening, integrated in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError, InputError
from microtann.microstructure.strain_metric import UNIT_YIELD
from microtann.slips.return_map_kernel import plastic_increments, tangent_modulus

LARGEST, SMALLEST = 1e100, 1e-100
"""Range of the properties: products of a few of them neither overflow nor vanish."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ElastoplasticBar:
    """Bar material with stress σ = E(ε − α) and yield |σ − Hα| ≤ k.

    Parameters
    ----------
    young : float or array, shape (M,)
        Young modulus E > 0.
    yield_stress : float or array, shape (M,)
        Yield stress k > 0.
    hardening : float or array, shape (M,)
        Linear kinematic hardening modulus H ≥ 0.

    Raises
    ------
    CellError
        If a value is not finite, has the wrong sign, or is so large or small that its products would overflow.

    Notes
    -----
    The units of the three are those of a stress and are free; the default is the dimensionless reference
    material: the steel of the paper (100 GPa, 300 MPa, 10 GPa) with strains scaled by 111. Arrays give one value
    to every bar of a cell.
    """

    ARRAYS: ClassVar[tuple[str, ...]] = ("young", "yield_stress", "hardening")
    """Names of the properties, in the order of the arguments."""

    young: float | Array
    yield_stress: float | Array
    hardening: float | Array

    def __init__(
        self, young: ArrayLike = 1.0, yield_stress: ArrayLike = 1.0 / 3.0, hardening: ArrayLike = 0.1
    ) -> None:
        for name, given, least in (
            ("young", young, "> 0"),
            ("yield_stress", yield_stress, "> 0"),
            ("hardening", hardening, ">= 0"),
        ):
            try:
                value = np.array(given, dtype=np.float64)
            except (TypeError, ValueError):
                raise CellError(f"bar {name} must be a number or one number per bar") from None
            bad = ~np.isfinite(value) | ((value <= 0) if least == "> 0" else (value < 0))
            if value.ndim > 1:
                raise CellError(f"bar {name} must be a number or one number per bar, got shape {value.shape}")
            if bad.any():
                where = f" (bar {int(np.flatnonzero(bad)[0])})" if value.ndim else ""
                raise CellError(f"bar {name} must be finite and {least}, got {value[bad].flat[0]}{where}")
            extreme = (value > LARGEST) | ((value < SMALLEST) & (value != 0))
            if extreme.any():
                got = value[extreme].flat[0]
                raise CellError(
                    f"bar {name} must lie between {SMALLEST:g} and {LARGEST:g}, got {got}: choose another unit "
                    "of stress"
                )
            value.setflags(write=False)
            object.__setattr__(self, name, float(value) if value.ndim == 0 else value)

    def __repr__(self) -> str:
        return f"ElastoplasticBar({', '.join(f'{name}={_brief(value)}' for name, value in self.arrays().items())})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ElastoplasticBar):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in self.ARRAYS)

    __hash__ = None  # type: ignore[assignment]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the properties as float64 arrays of shape () or (M,), by name, as files keep them."""
        return {name: np.asarray(getattr(self, name), dtype=np.float64) for name in self.ARRAYS}

    @classmethod
    def of_groups(cls, groups: ArrayLike, materials: Mapping[Any, ElastoplasticBar]) -> ElastoplasticBar:
        """Return one material per bar from the group of every bar.

        Parameters
        ----------
        groups : sequence, length M
            Name or number of the group of every listed bar; copies of one bar belong to one group.
        materials : mapping
            Material of every group, with one number per property.

        Raises
        ------
        CellError
            If a group has no material, or a material lists bars itself.

        Examples
        --------
        >>> import numpy as np, microtann as mt
        >>> cell = mt.cube_cell()
        >>> groups = np.where(cell.lengths > 1.5, "body", "other")
        >>> materials = {"body": mt.ElastoplasticBar(hardening=0.0), "other": mt.ElastoplasticBar(young=2.0)}
        >>> mt.ElastoplasticBar.of_groups(groups, materials).young.shape
        (28,)
        """
        labels = np.asarray(groups).tolist()
        missing = next((label for label in labels if label not in materials), None)
        if missing is not None:
            raise CellError(f"bar {labels.index(missing)} is of group {missing!r}, which has no material")
        for label, material in materials.items():
            if any(np.ndim(value) for value in material.arrays().values()):
                raise CellError(f"the material of group {label!r} must have one number per property")
        return cls(*(np.array([getattr(materials[label], name) for label in labels]) for name in cls.ARRAYS))

    @property
    def strain_scale(self) -> float:
        """Smallest strain at first yield, k / E, over that of the reference material, 1/3.

        Strain paths that are stated for the reference material mean the same for this one when they are scaled
        by it.
        """
        strains = np.asarray(self.yield_stress) / np.asarray(self.young)
        return float(strains.min() / UNIT_YIELD)

    def per_bar(self, count: int) -> tuple[Array, Array, Array]:
        """Return (young, yield_stress, hardening), each of shape (count,).

        Raises
        ------
        CellError
            If the material lists another number of bars.
        """
        values = []
        for name, value in self.arrays().items():
            if value.ndim and value.shape != (count,):
                raise CellError(f"bar {name} lists {value.size} bars but the lattice has {count}")
            values.append(np.broadcast_to(value, (count,)).copy())
        return values[0], values[1], values[2]


def _brief(value: NDArray[Any]) -> str:
    """Return a number, or the range of many."""
    if value.ndim == 0:
        return f"{value:.6g}"
    return f"{value.min():.6g}…{value.max():.6g} ({value.size} bars)" if value.size else "[]"


@dataclass(frozen=True)
class BarUpdate:
    """Result of `return_mapping`; every array has the shape of the strain."""

    stress: Float[Array, "*batch"]
    plastic_strain: Float[Array, "*batch"]
    tangent: Float[Array, "*batch"]
    energy: Float[Array, "*batch"]
    dissipation: Float[Array, "*batch"]
    flowing: Bool[NDArray[np.bool_], "*batch"]


def return_mapping(
    strain: ArrayLike,
    plastic_strain: ArrayLike,
    young: ArrayLike,
    yield_stress: ArrayLike,
    hardening: ArrayLike,
) -> BarUpdate:
    """Integrate bars over one increment, exactly.

    Parameters
    ----------
    strain : array
        Strain ε at the end of the increment.
    plastic_strain : array
        Plastic strain α at its beginning.
    young, yield_stress, hardening : array
        E, k and H, broadcast against the strain.

    Returns
    -------
    BarUpdate
        Stress, plastic strain, consistent tangent (E, or EH/(E + H) in flow), energy
        ½E(ε − α)² + ½Hα² and dissipation k|Δα|, the last two per unit volume of the bar.

    Raises
    ------
    InputError
        If the strain is not finite.
    """
    strain = np.asarray(strain, dtype=np.float64)
    if not np.isfinite(strain).all():
        raise InputError("the strain of a bar is not finite")
    plastic_strain, young, yield_stress, hardening = (
        np.asarray(a, dtype=np.float64) for a in (plastic_strain, young, yield_stress, hardening)
    )
    increment = plastic_increments(strain, plastic_strain, young, yield_stress, hardening)
    flowing = increment != 0.0
    updated = plastic_strain + increment
    return BarUpdate(
        stress=np.asarray(young * (strain - updated)),
        plastic_strain=np.asarray(updated),
        tangent=np.where(flowing, tangent_modulus.py_func(young, hardening), young),
        energy=np.asarray(0.5 * young * (strain - updated) ** 2 + 0.5 * hardening * updated**2),
        dissipation=np.asarray(yield_stress * np.abs(increment)),
        flowing=np.asarray(flowing),
    )
