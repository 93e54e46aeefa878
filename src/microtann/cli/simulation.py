"""Choices of a simulation: the reference case, its mesh and its full lattice."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from microtann.errors import ConfigurationError
from microtann.evaluation.localisation import Localisation
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
    """How a reference structure is computed.

    Parameters
    ----------
    mesh_size : float
        Edge of the elements; the structure is 10 wide. Blocks of this edge are cut into triangles or tetrahedra.
    element : str
        hexahedron (8 nodes), hexahedron20, tetra (4 nodes) or tetra10 in space; quad (4 nodes), quad8, triangle (3
        nodes) or triangle6 in the plane. "" takes the first of these.
    diagonals : {"mirrored", "parallel"}
        Of triangles and tetrahedra: blocks mirror their neighbours, or all are cut alike, which biases the
        response.
    dns : float
        Size ratio ε of the full lattice, whose cells measure 10 ε: a number or "1/20"; 0 leaves the lattice out.
    exact : bool
        Whether the exact cell is computed on the same mesh too, for the error of the network.
    outside_training : {"warn", "none", "error", "exact"}
        Where the model leaves the range of its training data: say so, say nothing, stop, or use the exact cell.
    audit : int
        Gauss points at which the exact cell is solved along their strain histories, for the errors of the model in
        this structure; 0 leaves the audit out.
    inside : sequence of float
        Point [x, y, z], [x, y] in the plane, at which the lattice is drawn inside the structure; [] takes the
        control point.
    localisation : {"solve", "decode"}
        What the bars at the control nodes and at the point of `inside` are taken from: the exact cell solved again
        along the strains found there, beside the decoded states, or these alone.
    """

    mesh_size: Annotated[float, Field(gt=0.0, le=10.0)] = 0.5
    element: Literal[
        "", "hexahedron", "hexahedron20", "tetra", "tetra10", "quad", "quad8", "triangle", "triangle6"
    ] = ""
    diagonals: Literal["mirrored", "parallel"] = "mirrored"
    dns: Annotated[float, BeforeValidator(as_ratio), Field(ge=0.0, le=1.0)] = 0.1
    exact: bool = True
    outside_training: Literal["warn", "none", "error", "exact"] = "warn"
    audit: Annotated[int, Field(ge=0, le=100_000)] = 0
    inside: Annotated[tuple[float, ...], BeforeValidator(as_point)] = ()
    localisation: Localisation = "solve"

    def __post_init__(self) -> None:
        if len(self.inside) not in (0, 2, 3):
            raise ConfigurationError(f"inside is a point of three coordinates, got {list(self.inside)}")
