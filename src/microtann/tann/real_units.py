"""A model of a dimensionless lattice, for a real material of the same ratio of hardening.

A lattice of elastoplastic bars has three scales of its own: the strain at first yield, the Young modulus and a
length. Where the ratio of hardening H/E is the same, all lattices of one shape are one: strains are proportional
to the yield strain, stresses to it and the modulus, energies to its square and the modulus. So are the scales of a
model, which is otherwise left as it is: its states are numbers without a unit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from microtann.errors import InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.lattice import Lattice
from microtann.numbers.configuration import nearest
from microtann.numbers.coordinates import columns, width
from microtann.tann.information import Information, TrainingRange
from microtann.tann.point import MaterialPoint
from microtann.tann.scaling import Scaling

SAME_RATIO = 1e-9
"""Relative difference of two ratios of hardening that are the same."""
WITH_UNITS = ("stress", "energy", "dissipation", "displacement", "force")
"""Quantities whose units are others afterwards; nobody has named them."""
NEEDED = ("young", "yield_strain")
"""What a real material must say of itself."""


@dataclass(frozen=True)
class RealMaterial:
    """A material of bars, and the size of the cell that they make.

    Parameters
    ----------
    young : float
        Young modulus E, in any unit of stress.
    yield_strain : float
        Strain at first yield k/E, k being the yield stress.
    length : float
        What a length of 1 of the cell becomes, in any unit; shipped cells have edges of 1.
    hardening : float, optional
        Hardening modulus H, in the unit of E; by default that of the ratio of the model.

    Raises
    ------
    InputError
        If a value is not finite and positive, or the hardening is negative.
    """

    young: float
    yield_strain: float
    length: float = 1.0
    hardening: float | None = None

    def __post_init__(self) -> None:
        for name in ("young", "yield_strain", "length"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0.0):
                raise InputError(f"{name} must be finite and larger than 0, got {value!r}")
        if self.hardening is not None and not (np.isfinite(self.hardening) and self.hardening >= 0.0):
            raise InputError(f"hardening must be finite and at least 0, got {self.hardening!r}")

    def __str__(self) -> str:
        hardening = "" if self.hardening is None else f", hardening = {self.hardening:g}"
        return f"young = {self.young:g}, yield_strain = {self.yield_strain:g}, length = {self.length:g}{hardening}"


def read_material(text: str, where: str) -> RealMaterial:
    """Return the material that is written as young=210e9,yield_strain=0.0015,length=0.01.

    Parameters
    ----------
    text : str
    where : str
        What it stands behind, for messages.

    Raises
    ------
    InputError
        If a name is not known or there twice, a value is no number in its range, or one is missing.
    """
    known = [field.name for field in fields(RealMaterial)]
    values: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in known or name in values:
            twice = "is there twice" if name in values else f"is none of {', '.join(known)}"
            raise InputError(
                f"{where}: {name!r} {twice}: {nearest(name, known)}write young=210e9,yield_strain=0.0015"
            )
        try:
            values[name] = float(value)
        except ValueError:
            raise InputError(f"{where}: {name} must be a number, got {value!r}") from None
    missing = [name for name in NEEDED if name not in values]
    if missing:
        raise InputError(f"{where} needs {missing[0]}: write young=210e9,yield_strain=0.0015,length=0.01")
    return RealMaterial(**values)


@dataclass(frozen=True)
class Factors:
    """What quantities of a model are multiplied by.

    Parameters
    ----------
    strain, stress, length : float
    dimension : int
        2 or 3: bars in the plane have the area of a width.
    """

    strain: float
    stress: float
    length: float
    dimension: int

    @classmethod
    def of(cls, lattice: Lattice, material: RealMaterial) -> Factors:
        """Return the factors from the bars of a lattice to a real material.

        Raises
        ------
        InputError
            If the bars are of several materials, or their ratio of hardening is another.
        """
        assert lattice.bar is not None
        young, yield_stress, hardening = lattice.bar.per_bar(len(lattice.cell.bars))
        kinds = np.unique(np.stack([young, yield_stress, hardening]), axis=1)
        if kinds.shape[1] > 1:
            raise InputError(
                f"the bars of this model are of {kinds.shape[1]} materials, and in_units names one: scale the "
                "lattice and train on it"
            )
        ratio = hardening[0] / young[0]
        if material.hardening is not None:
            asked = material.hardening / material.young
            if abs(asked - ratio) > SAME_RATIO * max(asked, ratio):
                raise InputError(
                    f"the bars of this model have a hardening of {ratio:.6g} E, those asked for {asked:.6g} E: "
                    "reduce or train a model of that ratio"
                )
        strain = material.yield_strain * young[0] / yield_stress[0]
        return cls(
            float(strain), float(strain * material.young / young[0]), material.length, lattice.cell.dimension
        )

    @property
    def energy(self) -> float:
        """Factor of energy and dissipation per volume."""
        return self.stress * self.strain

    @property
    def coordinates(self) -> dict[str, float]:
        """Factors of the internal coordinates of a lattice."""
        return {
            "displacement": self.strain * self.length,
            "force": self.stress * self.length ** (self.dimension - 1),
        }


def scaled_model(
    point: MaterialPoint, information: Information, material: RealMaterial
) -> tuple[MaterialPoint, Information]:
    """Return the same model for a real material.

    Parameters
    ----------
    point : MaterialPoint
    information : Information
        Of a lattice whose bars are known.
    material : RealMaterial

    Raises
    ------
    InputError
        If the lattice, its bars or the units of what it decodes are not known, or the ratio of hardening differs.
    """
    lattice = information.microstructure
    if not isinstance(lattice, Lattice) or lattice.bar is None:
        raise InputError(
            "the ratio of hardening of this model is not known, since it names no lattice with its bars: give it "
            "the units of its data"
        )
    factors = Factors.of(lattice, material)
    shapes = information.coordinate_shapes
    other = [name for name in shapes if name not in factors.coordinates]
    if other:
        raise InputError(
            f"the unit of the internal coordinates {other[0]!r} is not known: leave them out in training"
        )
    each = np.ones(width(shapes))
    for name, part in columns(shapes).items():
        each[part] = factors.coordinates[name]
    v, scaling = point.components, point.scaling
    driving = scaling.driving.at[:v].multiply(factors.strain)
    scaled = replace(
        point,
        reduction=point.reduction.multiplied(jnp.asarray(each)),
        scaling=Scaling(driving, scaling.energy * factors.energy),
    )
    return scaled, replace(
        information,
        units={name: unit for name, unit in information.units.items() if name not in WITH_UNITS},
        training_range=_range(information.training_range, factors.strain),
        microstructure=_lattice(lattice, factors, material),
        provenance=dict(information.provenance) | {"in_units": str(material)},
    )


def _range(seen: TrainingRange | None, factor: float) -> TrainingRange | None:
    if seen is None:
        return None
    largest = seen.largest_increment
    return replace(
        seen,
        strain=factor * seen.strain,
        strain_increment=factor * seen.strain_increment,
        largest_increment=None if largest is None else factor * largest,
    )


def _lattice(lattice: Lattice, factors: Factors, material: RealMaterial) -> Lattice:
    cell, bar = lattice.cell, lattice.bar
    assert bar is not None
    areas = cell.areas * factors.length ** (factors.dimension - 1)
    ratio = float(np.max(np.asarray(bar.hardening) / np.asarray(bar.young)))
    return Lattice(
        UnitCell(cell.nodes * factors.length, cell.bars, areas, cell.periods * factors.length),
        ElastoplasticBar(material.young, material.young * material.yield_strain, ratio * material.young),
    )
