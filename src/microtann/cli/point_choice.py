"""The solid of one material point as a section of the configuration."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Literal

from pydantic import Field

from microtann.materials.von_mises import VonMises
from microtann.microstructure.material_point.solid_point import SolidPoint
from microtann.numbers.configuration import configuration


@configuration
class PointChoice:
    """The law of one point of a von Mises solid (`--cell solid-point`)."""

    young: Annotated[float, Field(gt=0.0, description="Young modulus E.")] = 1.0
    poisson: Annotated[float, Field(gt=-1.0, lt=0.5, description="Poisson's ratio.")] = 0.3
    yield_stress: Annotated[
        float, Field(ge=0.0, description="Yield stress k; 0 is viscoelastic, and needs a viscosity.")
    ] = 1.0 / 3.0
    hardening: Annotated[float, Field(ge=0.0, description="Linear kinematic hardening modulus H.")] = 0.1
    isotropic_hardening: Annotated[float, Field(ge=0.0, description="Linear isotropic hardening modulus.")] = 0.0
    saturation: Annotated[
        float, Field(ge=0.0, description="Q of Voce's saturating isotropic hardening Q (1 - exp(-b p)).")
    ] = 0.0
    saturation_rate: Annotated[float, Field(gt=0.0, description="Its b.")] = 10.0
    viscosity: Annotated[
        float, Field(ge=0.0, description="Perzyna's η: the stress η (dp/dt)^m comes on top of the strength.")
    ] = 0.0
    rate_exponent: Annotated[float, Field(gt=0.0, description="Its m.")] = 1.0
    space: Annotated[
        Literal["space", "plane strain"], Field(description="Six strain components, or the three of the plane.")
    ] = "space"

    def build(self) -> SolidPoint:
        """Return the point.

        Raises
        ------
        InputError
            If the parameters do not go together.
        """
        parameters = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "space"}
        return SolidPoint(VonMises(**parameters, plane="strain" if self.space == "plane strain" else None))
