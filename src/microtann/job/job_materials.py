"""The materials of a job file: models, exact microstructures, hybrids, textbook solids, objects of the user."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

from pydantic import Field

from microtann.errors import InputError
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.protocol import Material
from microtann.materials.von_mises import VonMises
from microtann.numbers.configuration import configuration
from microtann.system.named_object import named_object
from microtann.tann.hybrid import Hybrid
from microtann.tann.shipped import find_model, load
from microtann.tann.trained_model import TANN

MODEL = (
    'Shipped model ("cube-4x4x4-perturbed"), one in units of its bars ("cube@young=210e3,yield_strain=0.0015"), '
    "or a model file, found from the folder of the job."
)


@runtime_checkable
class MaterialChoice(Protocol):
    """What a table [material] or [material.REGION] holds, by its kind."""

    def material(self, folder: Path) -> Material:
        """Return the material; files are found from the folder of the job."""
        ...

    def file(self, folder: Path) -> Path | None:
        """Return the file that decides what the material is, if there is one."""
        ...


@configuration
class ModelMaterial:
    """A trained model."""

    name: Annotated[str, Field(description=MODEL)]

    def model(self, folder: Path) -> TANN:
        """Return the model."""
        return load(found(self.name, folder))

    def material(self, folder: Path) -> Material:
        """Return the model."""
        return self.model(folder)

    def file(self, folder: Path) -> Path:
        """Return the file of the model."""
        return find_model(found(self.name, folder))


@configuration
class ExactMaterial(ModelMaterial):
    """The exact microstructure of a model (FE²)."""

    def material(self, folder: Path) -> Material:
        """Return the microstructure of the model.

        Raises
        ------
        InputError
            If the model names none that can be solved.
        """
        microstructure = self.model(folder).microstructure
        if microstructure is None or not microstructure.solvable:
            raise InputError(f"the model {self.name} names no microstructure that can be solved")
        return microstructure


@configuration
class HybridMaterial(ModelMaterial):
    """A trained model that its exact microstructure replaces outside of the training range."""

    def material(self, folder: Path) -> Material:
        """Return the hybrid."""
        return Hybrid(self.model(folder))


@configuration
class ElasticMaterial:
    """An isotropic linear elastic solid."""

    young: Annotated[float, Field(gt=0.0, description="Young's modulus.")]
    poisson: Annotated[float, Field(description="Poisson's ratio.")]
    plane: Annotated[Literal["", "strain", "stress"], Field(description="Of a mesh in the plane.")] = ""

    def material(self, folder: Path) -> Material:
        """Return the solid."""
        return LinearElastic.isotropic(self.young, self.poisson, self.plane or None)

    def file(self, folder: Path) -> None:
        """Return None."""


@configuration
class VonMisesMaterial:
    """A solid that yields by von Mises; see `microtann.fem.VonMises`."""

    young: Annotated[float, Field(gt=0.0, description="Young's modulus.")]
    poisson: Annotated[float, Field(description="Poisson's ratio.")]
    yield_stress: Annotated[float, Field(ge=0.0, description="In uniaxial tension.")]
    hardening: Annotated[float, Field(ge=0.0, description="Kinematic hardening modulus.")] = 0.0
    isotropic_hardening: Annotated[float, Field(ge=0.0, description="Isotropic hardening modulus.")] = 0.0
    saturation: Annotated[float, Field(ge=0.0, description="Growth of the strength after Voce.")] = 0.0
    saturation_rate: Annotated[float, Field(ge=0.0, description="Its rate in the plastic strain.")] = 0.0
    viscosity: Annotated[float, Field(ge=0.0, description="Viscosity after Perzyna.")] = 0.0
    rate_exponent: Annotated[float, Field(gt=0.0, description="Exponent of the rate.")] = 1.0
    plane: Annotated[Literal["", "strain"], Field(description="Of a mesh in the plane.")] = ""

    def material(self, folder: Path) -> Material:
        """Return the solid."""
        values: dict[str, Any] = {key: value for key, value in vars(self).items() if not key.startswith("_")}
        values["plane"] = self.plane or None
        if not self.saturation:
            values.pop("saturation_rate")
        return VonMises(**values)

    def file(self, folder: Path) -> None:
        """Return None."""


@configuration
class ObjectMaterial:
    """A material of your own in Python."""

    name: Annotated[str, Field(description="module:name of an object, or of a class without arguments.")]

    def material(self, folder: Path) -> Material:
        """Return the object.

        Raises
        ------
        InputError
            If it is no material.
        """
        made = named_object(self.name)
        material = made() if isinstance(made, type) else made
        if not isinstance(material, Material):
            raise InputError(f"{self.name} is no material: it lacks initial_state or update")
        return material

    def file(self, folder: Path) -> None:
        """Return None."""


MATERIALS: dict[str, type[Any]] = {
    "model": ModelMaterial,
    "exact": ExactMaterial,
    "hybrid": HybridMaterial,
    "elastic": ElasticMaterial,
    "von Mises": VonMisesMaterial,
    "python": ObjectMaterial,
}
"""What a [material] may be, by its `kind`."""


def found(name: str, folder: Path) -> str:
    """Return the name of a model, or the path of its file in a folder where there is one."""
    file, at, units = name.partition("@")
    return f"{folder / file}{at}{units}" if (folder / file).is_file() else name
