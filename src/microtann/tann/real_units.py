"""A model of a dimensionless microstructure, for a real material of the same ratio of hardening.

A lattice of elastoplastic bars has three scales of its own: the strain at first yield, the Young modulus and a
length. Where the ratio of hardening H/E is the same, all lattices of one shape are one: strains are proportional
to the yield strain, stresses to it and the modulus, energies to its square and the modulus. So are the scales of a
model, which is otherwise left as it is: its states are numbers without a unit.
"""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from microtann.errors import InputError
from microtann.microstructure.real_material import RealMaterial
from microtann.numbers.coordinates import columns, width
from microtann.tann.information import Information, TrainingRange
from microtann.tann.point import MaterialPoint
from microtann.tann.scaling import Scaling


def scaled_model(
    point: MaterialPoint, information: Information, material: RealMaterial
) -> tuple[MaterialPoint, Information]:
    """Return the same model for a real material.

    Parameters
    ----------
    point : MaterialPoint
    information : Information
        Of a microstructure that knows itself in other units (`Microstructure.in_units`), as lattices do.
    material : RealMaterial

    Raises
    ------
    InputError
        If the microstructure or the units of what it decodes are not known, or the ratio of hardening differs.
    """
    known = information.microstructure
    scaled = None if known is None else known.in_units(material)
    if scaled is None:
        raise InputError(
            "the ratio of hardening of this model is not known, since it names no lattice with its bars: give it "
            "the units of its data"
        )
    microstructure, factors = scaled
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
    point = replace(
        point,
        reduction=point.reduction.multiplied(jnp.asarray(each)),
        scaling=Scaling(driving, scaling.energy * factors.energy),
    )
    untold = ("stress", "energy", "dissipation", *factors.coordinates)  # nobody has named their new units
    return point, replace(
        information,
        units={name: unit for name, unit in information.units.items() if name not in untold},
        training_range=_range(information.training_range, factors.strain),
        microstructure=microstructure,
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
