"""What can be chosen of the simulation of a reference structure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from microtann.errors import ConfigurationError, InputError
from microtann.evaluation.localisation import Localisation
from microtann.fem.elements import kinds_in
from microtann.fenicsx.processes import EngineFields
from microtann.numbers.configuration import configuration


def as_ratio(value: Any) -> Any:
    """Return the number that a text such as "1/20" or "0.05" stands for; anything else is left as it is.

    Raises
    ------
    ValueError
        If the text is no number and no ratio of two.
    """
    if not isinstance(value, str):
        return value
    above, slash, below = value.partition("/")
    try:
        return float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"must be a number or a ratio such as 1/20, got {value!r}") from None


def as_point(value: Any) -> Any:
    """Return the coordinates that a text such as "0,-5,20" stands for; anything else is left as it is.

    Raises
    ------
    ValueError
        If the text is no list of numbers.
    """
    if not isinstance(value, str):
        return value
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError:
        raise ValueError(f"must be coordinates such as 0,-5,20, got {value!r}") from None


@configuration
class SimulationChoice:
    """How a reference structure is computed."""

    mesh_size: Annotated[
        float,
        Field(
            gt=0.0,
            le=10.0,
            description="Edge of the elements; the structure is 10 wide. Blocks of this edge are cut into "
            "triangles or tetrahedra.",
        ),
    ] = 0.5
    element: Annotated[
        Literal[
            "",
            "hexahedron",
            "hexahedron20",
            "tetra",
            "tetra10",
            "wedge",
            "pyramid",
            "quad",
            "quad8",
            "triangle",
            "triangle6",
        ],
        Field(
            description="Kind of the elements, by default hexahedron in space and quad in the plane. A number is "
            "that of their nodes."
        ),
    ] = ""
    diagonals: Annotated[
        Literal["mirrored", "parallel"],
        Field(
            description="Of triangles and tetrahedra: blocks mirror their neighbours, or all are cut alike, which "
            "biases the response."
        ),
    ] = "mirrored"
    increments: Annotated[int, Field(ge=1, description="Increments in place of each of the case.")] = 1
    dns: Annotated[
        float,
        BeforeValidator(as_ratio),
        Field(
            ge=0.0,
            le=1.0,
            description='Size ratio ε of the full lattice, whose cells measure 10 ε: a number or "1/20"; 0 leaves '
            "the lattice out.",
        ),
    ] = 0.1
    exact: Annotated[
        bool,
        Field(
            description="Whether the exact cell is computed on the same mesh too, for the error of the network."
        ),
    ] = True
    outside_training: Annotated[
        Literal["warn", "none", "error", "exact"],
        Field(
            description="Where the model leaves the range of its training data: say so, say nothing, stop, or use "
            "the exact cell."
        ),
    ] = "warn"
    engine: Annotated[
        Literal["microtann", "fenicsx"],
        Field(
            description="What computes the finite elements: microtann itself, or FEniCSx on one or more processes."
        ),
    ] = "microtann"
    ranks: Annotated[int, Field(ge=1, le=100_000, description="Processes of the engine fenicsx.")] = 1
    engine_fields: Annotated[
        EngineFields,
        Field(
            description="What the engine fenicsx writes itself for ParaView, from all processes: XDMF, VTX of "
            "ADIOS2 (displacements alone), or nothing."
        ),
    ] = "xdmf"
    audit: Annotated[
        int,
        Field(
            ge=0,
            le=100_000,
            description="Gauss points at which the exact cell is solved along their strain histories, for the "
            "errors of the model in this structure; 0 leaves the audit out.",
        ),
    ] = 0
    audit_data: Annotated[
        str,
        Field(
            description="Data file whose test walks tell the errors in the audit, for a model whose "
            "microstructure cannot be solved."
        ),
    ] = ""
    inside: Annotated[
        tuple[float, ...],
        BeforeValidator(as_point),
        Field(
            description="Point [x, y, z], [x, y] in the plane, at which the lattice is drawn inside the "
            "structure; [] takes the control point."
        ),
    ] = ()
    localisation: Annotated[
        Localisation,
        Field(
            description="What the bars at the control nodes and at the point of `inside` are taken from: the "
            "exact cell solved again along the strains found there, beside the decoded states, or these alone."
        ),
    ] = "solve"

    def __post_init__(self) -> None:
        if len(self.inside) not in (0, 2, 3):
            raise ConfigurationError(f"inside is a point of three coordinates, got {list(self.inside)}")
        if self.ranks > 1 and self.engine == "microtann":
            raise ConfigurationError(f"ranks = {self.ranks} needs engine = 'fenicsx': microtann is one process")

    def kind(self, dimension: int) -> str:
        """Return the kind of the elements, which fits a dimension.

        Raises
        ------
        InputError
            If the one that is chosen does not.
        """
        kinds = kinds_in(dimension)
        if self.element and self.element not in kinds:
            where = "the plane" if dimension == 2 else "space"
            raise InputError(
                f"the cell lies in {where}, where elements are {', '.join(kinds)}, not {self.element}"
            )
        return self.element or kinds[0]
