"""The tables of a job file that are the same for every structure: mesh, places, supports, steps, output."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from microtann.errors import ConfigurationError
from microtann.fenicsx.processes import EngineFields
from microtann.numbers.configuration import configuration

AlongAxis = float | tuple[float, float]
Coordinates = tuple[float, ...]


@configuration
class JobTitle:
    """What a job is called, in which units its numbers are, and what computes it."""

    title: Annotated[str, Field(description="Heading of the report.")] = ""
    length: Annotated[str, Field(description='Unit of length that pictures and tables name, such as "mm".')] = ""
    stress: Annotated[str, Field(description='Unit of stress that pictures and tables name, such as "MPa".')] = ""
    engine: Annotated[
        Literal["microtann", "fenicsx"],
        Field(description="What computes it: microtann itself, or FEniCSx on one or more processes."),
    ] = "microtann"
    ranks: Annotated[int, Field(ge=1, le=100_000, description="Processes of the engine fenicsx.")] = 1

    def __post_init__(self) -> None:
        if self.ranks > 1 and self.engine == "microtann":
            raise ConfigurationError(f"ranks = {self.ranks} needs engine = 'fenicsx': microtann is one process")


@configuration
class MeshChoice:
    """A mesh from a file, or a box (in the plane a rectangle) of equal elements."""

    file: Annotated[
        str,
        Field(
            description="Mesh of gmsh (.msh), Abaqus (.inp) or VTK (.vtu, .vtk), found from the folder of the "
            "job; its named groups are regions, sets and sides."
        ),
    ] = ""
    drop_unused: Annotated[bool, Field(description="Leave out nodes of the file that are in no cell.")] = False
    merge_doubled: Annotated[bool, Field(description="Make nodes of the file that lie at one place one.")] = False
    lengths: Annotated[tuple[float, ...], Field(description="Edges of the box, in place of a file.")] = ()
    divisions: Annotated[tuple[int, ...], Field(description="Blocks of the box along each edge.")] = ()
    origin: Annotated[tuple[float, ...], Field(description="Corner of the box; [] is zero.")] = ()
    kind: Annotated[
        str, Field(description='Elements of the box, such as "hexahedron20"; "" is "hexahedron" or "quad".')
    ] = ""
    diagonals: Annotated[
        Literal["mirrored", "parallel"], Field(description="How blocks are cut into triangles or tetrahedra.")
    ] = "mirrored"

    def __post_init__(self) -> None:
        if bool(self.file) == bool(self.lengths):
            raise ConfigurationError("a mesh is either a file or a box: give file, or lengths and divisions")
        if self.lengths and len(self.lengths) != len(self.divisions):
            raise ConfigurationError(
                f"a box of {len(self.lengths)} lengths needs as many divisions, got {list(self.divisions)}"
            )


@configuration
class PlaceChoice:
    """Nodes, cells or faces that lie somewhere: at a coordinate, or between two."""

    x: Annotated[AlongAxis | None, Field(description="Where on this axis: a number, or [low, high].")] = None
    y: Annotated[AlongAxis | None, Field(description="The same for y.")] = None
    z: Annotated[AlongAxis | None, Field(description="The same for z.")] = None
    nearest: Annotated[Coordinates, Field(description="Of a set: the one node nearest to this point.")] = ()

    def __post_init__(self) -> None:
        given = [axis for axis in "xyz" if getattr(self, axis) is not None]
        if bool(given) == bool(self.nearest):
            raise ConfigurationError("a place is told by x, y and z, or by nearest = [x, y, z]")


@configuration
class SupportChoice:
    """Displacement components that are held at zero in every step."""

    on: Annotated[str, Field(description="Set of nodes.")]
    components: Annotated[str, Field(pattern="^[xyz]+$", description='Which, such as "xyz" or "z".')] = "xyz"


@configuration
class StepChoice:
    """A loading step; loads of the step before that it does not repeat fade to zero in it."""

    name: Annotated[str, Field(description="Shown in tables and messages.")] = ""
    increments: Annotated[int, Field(ge=1, description="Equal increments.")] = 1
    dt: Annotated[float, Field(gt=0.0, description="Duration of one increment.")] = 1.0
    release: Annotated[
        tuple[str, ...], Field(description="Sets whose supports do not hold in this step, and are released.")
    ] = ()


@configuration
class HistoryChoice:
    """Loads that follow the columns of a table; every row is a step."""

    file: Annotated[str, Field(description="CSV with a header, found from the folder of the job.")]
    increments: Annotated[int, Field(ge=1, description="Equal increments from row to row.")] = 1
    time: Annotated[str, Field(description="Column of the time at the end of each row; without it dt = 1.")] = ""


@configuration
class OutputChoice:
    """What is written beside forces, displacements and energies of every increment."""

    fields: Annotated[bool, Field(description="Whether fields are written for ParaView.")] = True
    engine_fields: Annotated[
        EngineFields,
        Field(
            description="What the engine fenicsx writes itself for ParaView, from all processes: XDMF, VTX of "
            "ADIOS2 (displacements alone), or nothing."
        ),
    ] = "none"
    pictures: Annotated[
        tuple[str, ...],
        Field(description='Fields that are drawn on the deformed body, such as "energy" or "stress 33".'),
    ] = ("energy",)
    scale: Annotated[
        float, Field(ge=0.0, description="Factor on the displacements in pictures; 0 chooses a readable one.")
    ] = 0.0
    points: Annotated[
        tuple[Coordinates, ...], Field(description="Points whose displacements are written to points.csv.")
    ] = ()
    audit: Annotated[
        int,
        Field(ge=0, description="Gauss points at which the exact microstructure is solved along their strains."),
    ] = 0
