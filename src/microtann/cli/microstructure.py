"""The microstructure as sections of the configuration: a lattice cell and its bars, or one of another kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from microtann.cli.point_choice import PointChoice
from microtann.cli.solid_choice import SOLID_FAMILIES, SolidChoice
from microtann.data.file import is_data_file
from microtann.errors import ConfigurationError, InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.cell_file import read_bar, read_cell
from microtann.microstructure.bars.cells.families import FAMILIES
from microtann.microstructure.bars.cells.generators import LARGEST_MOVE
from microtann.microstructure.bars.lattice import Lattice
from microtann.microstructure.continuum.image_file import IMAGES
from microtann.microstructure.continuum.solid import Solid
from microtann.microstructure.cosserat.cosserat_frame import CosseratFrame
from microtann.microstructure.frames.cross_section import sections_of_areas
from microtann.microstructure.frames.frame import Frame
from microtann.microstructure.frames.frame_families import FRAME_FAMILIES
from microtann.microstructure.frames.frame_file import read_frame
from microtann.microstructure.material_point.solid_point import SolidPoint
from microtann.microstructure.protocol import Microstructure, require_microstructure
from microtann.microstructure.registry import known_microstructures, register_microstructure
from microtann.numbers.configuration import configuration, to_table
from microtann.numbers.settings import Setting, fill
from microtann.system.code_digest import source_digest
from microtann.system.named_object import named_object
from microtann.system.stage import file_digest


@configuration
class CellChoice:
    """Which cell is homogenised."""

    kind: Annotated[
        Literal[
            "cube",
            "square",
            "octet",
            "body-centred",
            "honeycomb",
            "reentrant",
            "triangular",
            "square-grid",
            "kelvin",
        ],
        Field(
            description="Pattern of bars, or of beams that bend (honeycomb, reentrant, triangular, square-grid, "
            "kelvin); all but cube, octet, body-centred and kelvin lie in the plane."
        ),
    ] = "cube"
    file: Annotated[
        str,
        Field(
            description="Cell of your own, in place of all other keys of [cell]: JSON or TOML, with their own "
            "bars, or a line mesh."
        ),
    ] = ""
    units: Annotated[int, Field(ge=1, description="Cubes or squares along each axis of the cell.")] = 1
    size: Annotated[float, Field(gt=0.0, description="Edge of the cell.")] = 1.0
    perturbation: Annotated[
        float,
        Field(
            ge=0.0,
            le=LARGEST_MOVE,
            description="Displacement of the nodes in units of a unit's edge: standard deviation or half-width.",
        ),
    ] = 0.0
    perturb: Annotated[Literal["interior", "all"], Field(description="Which nodes move; of beams always all.")] = (
        "interior"
    )
    law: Annotated[Literal["normal", "uniform"], Field(description="Law of the perturbation.")] = "normal"
    seed: Annotated[int, Field(ge=0, description="Seed of the perturbation.")] = 0
    thickness: Annotated[float, Field(gt=0.0, description="Of beams that bend, over their length.")] = 0.1

    def __post_init__(self) -> None:
        others = [f.name for f in fields(self) if f.name != "file" and getattr(self, f.name) != f.default]
        if self.file and others:
            raise ConfigurationError(f"the cell of {self.file} is as it is: it takes no {others[0]}")

    def build(self) -> UnitCell:
        """Return the cell.

        Raises
        ------
        CellError
            If the file is not a cell, or nothing can move although a perturbation is asked for.
        """
        if self.file:
            return read_cell(self.file)
        if self.kind in FRAME_FAMILIES:
            family = FRAME_FAMILIES[self.kind]
            units = (self.units,) * family.dimension
            return family.make(
                units,
                size=self.size,
                thickness=self.thickness,
                perturbation=self.perturbation,
                law=self.law,
                seed=self.seed,
            )
        units = (self.units,) * (2 if self.kind == "square" else 3)
        return FAMILIES[self.kind](units, self.size, self.perturbation, self.perturb, self.law, self.seed)


@configuration
class BarChoice:
    """Of what the bars are made."""

    young: Annotated[float, Field(gt=0.0, description="Young modulus E.")] = 1.0
    yield_stress: Annotated[float, Field(gt=0.0, description="Yield stress k.")] = 1.0 / 3.0
    hardening: Annotated[float, Field(ge=0.0, description="Linear kinematic hardening modulus H.")] = 0.1

    def build(self) -> ElastoplasticBar:
        """Return the bar material."""
        return ElastoplasticBar(self.young, self.yield_stress, self.hardening)


@configuration
class FrameChoice:
    """How bars that bend, the beams of a frame, are joined and integrated."""

    joints: Annotated[
        Literal["usual", "rigid", "pinned"],
        Field(
            description="rigid: a frame of beams, with the areas of the cell as rectangles of unit width in the "
            "plane and circles in space; pinned: a lattice of bars; usual: as is usual for the kind of cell."
        ),
    ] = "usual"
    sections: Annotated[int, Field(ge=3, description="Sections along a beam at which fibres are.")] = 6
    shear: Annotated[bool, Field(description="Whether beams shear (elastically).")] = False
    poisson: Annotated[float, Field(gt=-1.0, le=0.5, description="Poisson's ratio, for shear and twist.")] = 0.3
    continuum: Annotated[
        Literal["cauchy", "cosserat"],
        Field(
            description="What a frame is homogenised to: cauchy, by strain alone; cosserat, in the plane, by "
            "strain, relative rotation and curvature."
        ),
    ] = "cauchy"

    def build(self, cell: UnitCell, bar: ElastoplasticBar, kind: str) -> Microstructure:
        """Return a frame or a lattice.

        Parameters
        ----------
        cell : UnitCell
        bar : ElastoplasticBar
        kind : str
            Family of the cell, or none.

        Raises
        ------
        ConfigurationError
            If pinned bars are to be a Cosserat continuum: they turn no nodes.
        """
        if self.joints == "pinned" or (self.joints == "usual" and kind not in FRAME_FAMILIES):
            if self.continuum != "cauchy":
                raise ConfigurationError("nodes of pinned bars do not turn: say frame.joints=rigid with cosserat")
            return Lattice(cell, bar)
        frame = Frame(cell, sections_of_areas(cell, self.shear), bar, self.poisson, self.sections)
        return self.homogenised(frame)

    def homogenised(self, frame: Frame) -> Microstructure:
        """Return a frame as the continuum that is asked for."""
        return CosseratFrame(frame) if self.continuum == "cosserat" else frame


@configuration
class MicrostructureChoice:
    """A microstructure of another kind than lattices."""

    name: Annotated[
        str,
        Field(
            description="Kind of an installed package, or module:name of an object or class of yours, in place"
            " of [cell], [bar] and [frame]."
        ),
    ] = ""


@dataclass(frozen=True, eq=False)
class ChosenMicrostructure:
    """A microstructure that was chosen, and what that choice was.

    Parameters
    ----------
    microstructure : Microstructure
    sections : dict
        The effective configuration, sections [cell], [bar] and [frame], or [microstructure] with [point]
        or [solid].
    inputs : dict
        Digest of the file that it is from, if there is one.
    """

    microstructure: Microstructure
    sections: dict[str, dict[str, Any]]
    inputs: dict[str, str]


def cell_settings(cell: str | None, **keys: Any) -> dict[str, Any]:
    """Return options of the command line that choose the microstructure as settings of their sections.

    Parameters
    ----------
    cell : str, optional
        Name of a family of cells, a file of a cell, a kind of microstructure, or module:name.
    **keys
        Other keys of the section [cell]; None means that the option was not given.

    Raises
    ------
    InputError
        If there is nothing of this name.
    """
    settings = {f"cell.{key}": value for key, value in keys.items()}
    if cell is None:
        return settings
    if cell in FAMILIES or cell in FRAME_FAMILIES:
        return {"microstructure.name": "", "cell.kind": cell, "cell.file": "", **settings}
    if cell in SOLID_FAMILIES:
        return {"microstructure.name": Solid.kind, "solid.kind": cell, "solid.file": "", **settings}
    if Path(cell).suffix.lower() in IMAGES:
        return {"microstructure.name": Solid.kind, "solid.file": cell, **settings}
    if Path(cell).exists():
        if is_data_file(Path(cell)):
            raise InputError(
                f"{cell} holds increments, and no cell: train on it with microtann train {cell}, which starts "
                "from the slips of its microstructure if the file tells them"
            )
        return {"microstructure.name": "", "cell.file": cell, **settings}
    others = [kind for kind in known_microstructures() if kind not in (Lattice.kind, Frame.kind)]
    if ":" not in cell and cell not in others:
        names = ", ".join([*FAMILIES, *FRAME_FAMILIES, *SOLID_FAMILIES, *others])
        raise InputError(
            f"there is no cell {cell!r}: use {names}, a file, or module:name of a microstructure of yours"
        )
    return {"microstructure.name": cell, **settings}


def choose_microstructure(settings: Sequence[Setting]) -> ChosenMicrostructure:
    """Return what [microstructure] with [point] or [solid], or [cell], [bar] and [frame], choose.

    A JSON or TOML file of a cell holds its bars too (`microtann.read_bar`); the keys of [bar] that are set win
    over it.

    Raises
    ------
    ConfigurationError
        If a setting is wrong.
    InputError
        If the file cannot be read, or there is no such microstructure.
    CellError
        If the cell is not well defined.
    """
    other = fill(MicrostructureChoice, "microstructure", settings)
    choice, bars = fill(CellChoice, "cell", settings), fill(BarChoice, "bar", settings)
    beams = fill(FrameChoice, "frame", settings)
    if other.name == SolidPoint.kind:
        point = fill(PointChoice, "point", settings)
        sections = {"microstructure": to_table(other), "point": to_table(point)}
        return ChosenMicrostructure(point.build(), sections, {})
    if other.name == Solid.kind:
        return _solid(settings)
    if other.name:
        return _other_kind(other.name)
    if not choice.file:
        sections = {"cell": to_table(choice), "bar": to_table(bars), "frame": to_table(beams)}
        return ChosenMicrostructure(beams.build(choice.build(), bars.build(), choice.kind), sections, {})
    file = Path(choice.file)
    inputs = {"cell": file_digest(file)}
    properties = to_table(bars)
    bar = bars.build()
    if file.suffix.lower() in (".json", ".toml"):
        given = {setting.key for setting in settings}
        properties = {key: value for key, value in properties.items() if f"bar.{key}" in given}
        in_file = read_bar(file)
        bar = ElastoplasticBar(**{key: getattr(in_file, key) for key in to_table(bars)} | properties)
    sections = {"cell": {"file": choice.file}, "bar": properties, "frame": to_table(beams)}
    if beams.joints == "rigid" and file.suffix.lower() == ".inp":  # a deck says more of beams than their areas
        frame = read_frame(file, bar=bar, poisson=beams.poisson, sections=beams.sections)
        made = beams.homogenised(frame)
    else:
        made = beams.build(choice.build(), bar, "file")
    return ChosenMicrostructure(made, sections, inputs)


def _solid(settings: Sequence[Setting]) -> ChosenMicrostructure:
    """Return the solid that [solid] chooses."""
    of_bars = [one.key for one in settings if one.key.partition(".")[0] in ("cell", "bar", "frame")]
    if of_bars:
        raise ConfigurationError(f"{of_bars[0]!r} is for cells of bars and beams: solids have the section [solid]")
    solid = fill(SolidChoice, "solid", settings)
    sections = {"microstructure": {"name": Solid.kind}, "solid": to_table(solid)}
    return ChosenMicrostructure(solid.build(), sections, {k: file_digest(v) for k, v in solid.inputs.items()})


def _other_kind(name: str) -> ChosenMicrostructure:
    """Return a microstructure by the name of its kind, or by module and name."""
    known = known_microstructures()
    if name in known:
        made: Any = known[name]
    elif ":" in name:
        made = named_object(name)
    else:
        raise InputError(f"there is no microstructure {name!r}: use {', '.join(sorted(known))}, or module:name")
    try:
        made = made() if isinstance(made, type) else made
    except TypeError as error:
        raise InputError(f"the microstructure {name} cannot be made without arguments: {error}") from None
    found = require_microstructure(made)
    register_microstructure(type(found))
    arrays = {group: {k: v.tolist() for k, v in part.items()} for group, part in found.groups().items()}
    digest = hashlib.sha256(json.dumps(arrays, sort_keys=True).encode()).hexdigest()
    inputs = {"microstructure": digest, "code": source_digest(type(found))}
    return ChosenMicrostructure(found, {"microstructure": {"name": name}}, inputs)
