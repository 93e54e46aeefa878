"""A cell of a solid as a section of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from microtann.errors import ConfigurationError
from microtann.fem.mesh_file import read_mesh
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.plane_stress import PlaneStress
from microtann.materials.protocol import Material
from microtann.materials.von_mises import VonMises
from microtann.microstructure.continuum.image_file import IMAGES, read_image
from microtann.microstructure.continuum.random_cells import random_inclusions
from microtann.microstructure.continuum.solid import Solid
from microtann.microstructure.continuum.solid_cells import inclusion_cell, voided_cell
from microtann.microstructure.continuum.voxel_cells import solid_of_image
from microtann.numbers.configuration import configuration

SOLID_FAMILIES = ("void", "inclusion", "random-inclusions", "random-voids")
"""Kinds of solids that have a generator."""
GROWTH = ("isotropic_hardening", "saturation", "saturation_rate", "viscosity", "rate_exponent")


@configuration
class SolidChoice:
    """A cell of a solid, matrix and inclusions or voids (`--cell void`, `--cell inclusion`, an image, ...)."""

    kind: Annotated[
        Literal["void", "inclusion", "random-inclusions", "random-voids"],
        Field(description="What is in the matrix: one ball in the middle, or some at random."),
    ] = "void"
    file: Annotated[
        str,
        Field(
            description="Image (PNG, npy, csv, txt) or mesh (msh, inp, vtu, vtk) in place of kind, radius, count, "
            "seed, divisions and layers."
        ),
    ] = ""
    matrix: Annotated[
        int | str, Field(description="Number of the matrix in an image, or its region in a mesh.")
    ] = 0
    inclusion: Annotated[int | str, Field(description="As matrix, of a second phase; empty: there is none.")] = ""
    voids: Annotated[tuple[int, ...], Field(description="Numbers in the image where there is nothing.")] = ()
    space: Annotated[
        Literal["plane strain", "plane stress", "space"], Field(description="Of the generated cell, or the file.")
    ] = "plane strain"
    radius: Annotated[float, Field(gt=0.0, lt=0.5, description="Of every ball; the cell's edge is 1.")] = 0.3
    count: Annotated[int, Field(ge=1, description="Balls at random.")] = 6
    seed: Annotated[int, Field(ge=0, description="Of their places.")] = 0
    divisions: Annotated[int, Field(ge=0, description="Elements along the edge of the cell; 0: as usual.")] = 0
    layers: Annotated[int, Field(ge=0, description="Elements from one ball to the edge; 0: as usual.")] = 0
    young: Annotated[float, Field(gt=0.0, description="Young modulus E of the matrix.")] = 1.0
    poisson: Annotated[float, Field(gt=-1.0, lt=0.5, description="Its Poisson's ratio.")] = 0.3
    yield_stress: Annotated[
        float, Field(ge=0.0, description="Its yield stress k; 0 is viscoelastic, and needs a viscosity.")
    ] = 1.0 / 3.0
    hardening: Annotated[float, Field(ge=0.0, description="Its linear kinematic hardening modulus H.")] = 0.1
    isotropic_hardening: Annotated[float, Field(ge=0.0, description="Its linear isotropic hardening.")] = 0.0
    saturation: Annotated[float, Field(ge=0.0, description="Q of Voce, Q (1 - exp(-b p)).")] = 0.0
    saturation_rate: Annotated[float, Field(gt=0.0, description="Its b.")] = 10.0
    viscosity: Annotated[float, Field(ge=0.0, description="Perzyna's η: η (dp/dt)^m.")] = 0.0
    rate_exponent: Annotated[float, Field(gt=0.0, description="Its m.")] = 1.0
    inclusion_young: Annotated[float, Field(gt=0.0, description="Young modulus of the second phase.")] = 10.0
    inclusion_poisson: Annotated[float, Field(gt=-1.0, lt=0.5, description="Its Poisson's ratio.")] = 0.25
    inclusion_yield_stress: Annotated[
        float, Field(ge=0.0, description="Its yield stress; 0: it stays elastic.")
    ] = 0.0
    inclusion_hardening: Annotated[float, Field(ge=0.0, description="Its hardening modulus.")] = 0.1

    @property
    def inputs(self) -> dict[str, Path]:
        """The file that it is from, if there is one."""
        return {"solid": Path(self.file)} if self.file else {}

    def build(self) -> Solid:
        """Return the solid.

        Raises
        ------
        InputError
            If the file cannot be read, or the cell is not well defined.
        """
        growth = {name: getattr(self, name) for name in GROWTH}
        matrix = self._phase(self.young, self.poisson, self.yield_stress, self.hardening, growth)
        second = self._phase(
            self.inclusion_young, self.inclusion_poisson, self.inclusion_yield_stress, self.inclusion_hardening, {}
        )
        if self.file:
            return self._of_file(matrix, second)
        if self.voids:
            raise ConfigurationError("solid.voids are numbers in an image: give its file, or the kind void")
        dimension = 3 if self.space == "space" else 2
        size: dict[str, Any] = {"dimension": dimension, "divisions": self.divisions or None}
        if self.kind == "void":
            return voided_cell(self.radius, matrix, layers=self.layers or None, **size)
        if self.kind == "inclusion":
            return inclusion_cell(self.radius, matrix, second, layers=self.layers or None, **size)
        void = self.kind == "random-voids"
        other = None if void else second
        return random_inclusions(self.count, self.radius, matrix, other, void, seed=self.seed, **size)

    def _of_file(self, matrix: Material, second: Material) -> Solid:
        """Return the solid of an image or a mesh."""
        named = {str(self.matrix): matrix} | ({str(self.inclusion): second} if self.inclusion != "" else {})
        if Path(self.file).suffix.lower() not in IMAGES:
            mesh = read_mesh(self.file)
            return Solid(mesh, named if mesh.regions else matrix)
        try:
            numbered = {int(name): phase for name, phase in named.items()}
        except ValueError:
            raise ConfigurationError(f"phases of an image are whole numbers, got {' and '.join(named)}") from None
        return solid_of_image(read_image(self.file), numbered, self.voids)

    def _phase(
        self, young: float, poisson: float, yield_stress: float, hardening: float, growth: dict[str, float]
    ) -> Material:
        """Return a phase, elastic where nothing lets it flow.

        Parameters
        ----------
        young, poisson, yield_stress, hardening : float
        growth : dict of float
            How the strength grows.
        """
        plane = "strain" if self.space == "plane strain" else None
        material: Material
        if yield_stress == 0.0 and not growth.get("viscosity"):
            material = LinearElastic.isotropic(young, poisson, plane)
        else:
            material = VonMises(young, poisson, yield_stress, hardening, plane, **growth)
        return PlaneStress(material) if self.space == "plane stress" else material
