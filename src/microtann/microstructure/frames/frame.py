"""A frame as a microstructure: a periodic cell of beams that stretch, bend and twist, solved exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError
from microtann.materials.protocol import State
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.condensation import distinct_properties
from microtann.microstructure.decoded_lines import DecodedLines
from microtann.microstructure.frames.beam_properties import BeamProperties
from microtann.microstructure.frames.cross_section import CrossSection, sections_of_areas
from microtann.microstructure.frames.frame_flow import FrameFlow
from microtann.microstructure.frames.frame_limit_load import largest_frame_factor
from microtann.microstructure.frames.frame_picture import frame_lines, strained_frame, virgin_frame
from microtann.microstructure.frames.stations import StationRule, stations
from microtann.microstructure.picture import Picture
from microtann.microstructure.protocol import Groups, Microstructure
from microtann.microstructure.registry import register_microstructure
from microtann.microstructure.strain_metric import UNIT_YIELD, MetricName
from microtann.numbers import voigt
from microtann.numbers.checks import check_increment
from microtann.slips.problem import SlipProblem

Array = NDArray[np.float64]
DIRECTIONS = 200
"""Directions of strain over which the first yield of a frame is averaged."""


@register_microstructure
@dataclass(frozen=True, eq=False)
class Frame(Microstructure):
    """A periodic frame of elastoplastic beams.

    Beams are force-based elements with fibres that follow the law of bars (`ElastoplasticBar`); shear and twist
    are elastic. As a material (`microtann.fem.Material`) its state holds the plastic strains of all fibres.

    Parameters
    ----------
    cell : UnitCell
        Where the beams are.
    section : CrossSection or sequence of Sections, optional
        One for all listed bars of the cell, or one for each, with as many fibres; copies of one beam must agree.
        By default the areas of the cell are those of rectangles of unit width in the plane, of circles in space;
        else they count for nothing.
    bar : ElastoplasticBar, optional
        Law of the fibres; by default the dimensionless reference material.
    poisson : float
        Poisson's ratio, for the shear modulus.
    sections : int
        Sections along every beam at which fibres are.
    rule : {"lobatto", "gauss"}
        Where they are: with the ends, so that hinges form there, or without.
    pinned : array of bool, shape (M, 2), optional
        Whether the ends of the listed bars turn freely; by default all joints are rigid.

    Raises
    ------
    CellError
        If the numbers of sections, pins or fibres do not fit, copies of one beam differ, or a section does not
        resist bending.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> frame = mt.Frame(mt.honeycomb_cell(thickness=0.1))
    >>> stress, tangent, state = frame.update(np.array([[0.1, 0.0, 0.0]]), frame.initial_state(1))
    >>> tangent.shape, state["plastic_strain"].shape
    ((1, 3, 3), (1, 288))
    """

    kind: ClassVar[str] = "frame"
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "cell": UnitCell.ARRAYS,
        "bar": ElastoplasticBar.ARRAYS,
        "beam": ("fibres", "shear_flexibility", "torsion", "poisson", "pinned", "sections", "with_ends"),
    }
    quadratic: ClassVar[bool] = True
    usual_metric: ClassVar[MetricName] = "stiffness"

    cell: UnitCell
    section: tuple[CrossSection, ...]
    bar: ElastoplasticBar
    poisson: float
    sections: int
    rule: StationRule
    pinned: Bool[NDArray[np.bool_], "M 2"]

    def __init__(
        self,
        cell: UnitCell,
        section: CrossSection | Sequence[CrossSection] | None = None,
        bar: ElastoplasticBar | None = None,
        poisson: float = 0.3,
        sections: int = 6,
        rule: StationRule = "lobatto",
        pinned: ArrayLike | None = None,
    ) -> None:
        count = len(cell.bars)
        if section is None:
            section = sections_of_areas(cell)
        listed = (section,) * count if isinstance(section, CrossSection) else tuple(section)
        if len(listed) != count:
            raise CellError(f"a frame of {count} listed beams has as many sections, got {len(listed)}")
        if len({len(one.fibres) for one in listed}) != 1:
            raise CellError("the sections of a frame have different numbers of fibres: give all as many")
        flat = next((bar for bar, one in enumerate(listed) if not one.bends(cell.dimension)), None)
        if flat is not None:
            where = "on its axis" if cell.dimension == 2 else "in one line"
            raise CellError(
                f"the fibres in the section of bar {flat} lie {where} and do not resist bending: "
                "give fibres at distances" + (" along y and z" if cell.dimension == 3 else " along y")
            )
        pins = np.zeros((count, 2), dtype=bool) if pinned is None else np.array(pinned, dtype=bool)
        if pins.shape != (count, 2):
            raise CellError(f"pins are told for both ends of {count} listed beams, got shape {pins.shape}")
        if not -1.0 < poisson <= 0.5:
            raise CellError(f"Poisson's ratio lies between -1 and 0.5, got {poisson!r}")
        stations(sections, rule)
        pins.setflags(write=False)
        bar = ElastoplasticBar() if bar is None else bar
        for name, value in zip(
            ("cell", "section", "bar", "poisson", "sections", "rule", "pinned"),
            (cell, listed, bar, float(poisson), int(sections), rule, pins),
            strict=True,
        ):
            object.__setattr__(self, name, value)
        self._properties  # noqa: B018 - copies that differ are refused at once

    def __reduce__(self) -> tuple[type[Frame], tuple[Any, ...]]:
        arguments = (self.cell, self.section, self.bar, self.poisson, self.sections, self.rule, self.pinned)
        return Frame, arguments  # what was condensed stays behind

    @property
    def components(self) -> int:
        """Strain components of the cell."""
        return self.cell.components

    @property
    def beam_shape(self) -> tuple[int, int, int]:
        """Distinct beams, sections of each, and fibres of every section."""
        return self.cell.distinct_bars.count, self.sections, len(self.section[0].fibres)

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Nodal displacements (N, d) and rotations (N, r), and plastic strains (beams, sections, fibres)."""
        n, d = self.cell.nodes.shape
        return {"displacement": (n, d), "rotation": (n, 1 if d == 2 else 3), "plastic_strain": self.beam_shape}

    @property
    def exact_states(self) -> int:
        """The plastic strain of every fibre."""
        return int(np.prod(self.beam_shape))

    @property
    def description(self) -> str:
        """The numbers of nodes, beams and fibres, in words."""
        beams, sections, fibres = self.beam_shape
        return (
            f"a frame of {self.cell.distinct_nodes.count} nodes and {beams} beams of {sections} sections with "
            f"{fibres} fibres"
        )

    @cached_property
    def strain_scale(self) -> float:
        """Median strain at first yield over directions of strain, over that of the reference bar, 1/3."""
        directions = np.random.default_rng(0).standard_normal((DIRECTIONS, self.components))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        return float(np.median(self.first_yield(directions)) / UNIT_YIELD)

    def first_yield(self, strain: Float[Array, "n v"]) -> Float[Array, "n"]:
        """Return the multiples of strains at which the first fibre of the virgin frame yields."""
        elastic = self.flow.elastic
        load = np.abs(strain @ (elastic.coupling / elastic.resistance[:, None]).T).max(axis=1)
        with np.errstate(divide="ignore"):
            return 1.0 / load

    @cached_property
    def _properties(self) -> BeamProperties:
        """What the distinct beams are made of."""
        distinct = self.cell.distinct_bars
        young, limit, hardening = distinct_properties(self.cell, self.bar)
        for bar, of in enumerate(distinct.of_bar):
            first = distinct.representative[of]
            same = np.array_equal(self.section[bar].fibres, self.section[first].fibres)
            turned = not np.array_equal(self.cell.bars[bar], self.cell.bars[first]) and (
                self.cell.directions[bar] @ self.cell.directions[first] < 0
            )
            pins = self.pinned[bar][::-1] if turned else self.pinned[bar]
            if not same or not np.array_equal(pins, self.pinned[first]):
                raise CellError(
                    f"bars {first} and {bar} are periodic copies of one beam but differ in section or pins"
                )
        chosen = distinct.representative
        sections = tuple(self.section[bar] for bar in chosen)
        return BeamProperties(young, limit, hardening, self.poisson, sections, self.pinned[chosen])

    @cached_property
    def flow(self) -> FrameFlow:
        """How the frame responds to an increment."""
        return FrameFlow(self.cell, self._properties, stations(self.sections, self.rule))

    def groups(self) -> Groups:
        """Return the arrays of the cell, of the law of the fibres and of the beams."""
        beam = {
            "fibres": np.stack([one.fibres for one in self.section]),
            "shear_flexibility": 1.0 / np.array([one.shear for one in self.section]),
            "torsion": np.array([one.torsion for one in self.section]),
            "poisson": np.array(self.poisson),
            "pinned": self.pinned.astype(np.int64),
            "sections": np.array(self.sections),
            "with_ends": np.array(int(self.rule == "lobatto")),
        }
        return {"cell": self.cell.arrays(), "bar": self.bar.arrays(), "beam": beam}

    @classmethod
    def of_groups(cls, groups: Groups) -> Frame:
        """Return the frame of arrays from a file.

        Raises
        ------
        InputError
            If something is missing or not well defined.
        """
        missing = next((name for name in cls.fields if name not in groups), None)
        if missing:
            raise CellError(f"a frame has a {missing}, which is missing")
        beam = groups["beam"]
        sections = [
            CrossSection(fibres, tuple(1.0 / one if one else math.inf for one in flexibility), torsion)
            for fibres, flexibility, torsion in zip(
                beam["fibres"], beam["shear_flexibility"], beam["torsion"], strict=True
            )
        ]
        return cls(
            UnitCell(**groups["cell"]),
            sections,
            ElastoplasticBar(**groups["bar"]),
            float(beam["poisson"]),
            int(beam["sections"]),
            "lobatto" if beam["with_ends"] else "gauss",
            np.asarray(beam["pinned"]) > 0,
        )

    def initial_state(self, n: int) -> State:
        """Return the virgin state: strain, plastic strains of the fibres, energy and dissipation."""
        return {
            "strain": np.zeros((n, self.components)),
            "plastic_strain": np.zeros((n, self.exact_states)),
            "energy": np.zeros(n),
            "dissipation": np.zeros(n),
        }

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance all points by one increment; see `microtann.materials.protocol.Material.update`.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
            Voigt order, engineering shear.
        state : dict of arrays
            State at the beginning of the increment, leading axis n; it is never modified.
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the consistent tangent is wanted; without it None is returned in its place.

        Raises
        ------
        InputError
            If a strain increment is not finite.
        ConvergenceError
            If the flow of a cell was not found; it names the point.
        """
        check_increment(strain_increment)
        strain = np.ascontiguousarray(state["strain"] + strain_increment)
        end = self.flow.advance(strain, state["plastic_strain"], tangent)
        new_state = {
            "strain": strain,
            "plastic_strain": end.plastic_strain,
            "energy": end.energy,
            "dissipation": end.dissipation,
        }
        return self.flow.elastic.stress(strain, end.plastic_strain), end.tangent, new_state

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates of states.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            "strain" and "plastic_strain".

        Returns
        -------
        dict of arrays
            "displacement" (..., N, d) and "rotation" (..., N, r) of the nodes of the cell, and "plastic_strain"
            (..., beams, sections, fibres) of the distinct beams.
        """
        strain, plastic = state["strain"], state["plastic_strain"]
        d = self.cell.dimension
        motion = self.flow.elastic.motion(strain, plastic)[..., self.cell.distinct_nodes.of_node, :]
        affine = np.einsum("...ij,nj->...ni", voigt.strain_tensor(strain), self.cell.nodes)
        return {
            "displacement": affine + motion[..., :d],
            "rotation": motion[..., d:],
            "plastic_strain": plastic.reshape(*plastic.shape[:-1], *self.beam_shape),
        }

    def fibre_stress(self, state: Mapping[str, Array]) -> Float[Array, "*batch beams sections fibres"]:
        """Return the stress of all fibres of the distinct beams in given states.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            "strain" and "plastic_strain".
        """
        stress = self.flow.elastic.fibre_stress(state["strain"], state["plastic_strain"])
        return stress.reshape(*stress.shape[:-1], *self.beam_shape)

    def state_of(self, coordinates: Mapping[str, Array], strain: Float[Array, "n v"]) -> State | None:
        """Return states that have given plastic strains of the fibres; None where these are missing.

        Parameters
        ----------
        coordinates : mapping of arrays, shape (n, *group)
        strain : array, shape (n, v)
        """
        if "plastic_strain" not in coordinates:
            return None
        plastic = np.asarray(coordinates["plastic_strain"]).reshape(len(strain), -1)
        return {
            "strain": strain,
            "plastic_strain": plastic,
            "energy": self.flow.elastic.energy(strain, plastic),
            "dissipation": np.zeros(len(strain)),
        }

    def elastic_stiffness(self) -> Float[Array, "v v"]:
        """Return the elastic stiffness of the cell."""
        return self.flow.elastic.elasticity

    def largest_load_factor(
        self,
        by_stress: Bool[NDArray[np.bool_], "v"],
        start: Float[Array, "v"],
        change: Float[Array, "v"],
    ) -> float:
        """Return the largest λ for which beams carry the stress ``start + λ · change``; see `mt.limit_load`.

        Parameters
        ----------
        by_stress : array of bool, shape (v,)
            The components that count; the others take any stress.
        start, change : array, shape (v,)
        """
        elastic = self.flow.elastic
        return largest_frame_factor(elastic.beams, elastic.nodes, by_stress, start, change)

    def slip_problem(self) -> SlipProblem:
        """Return the condensed frame: every fibre is a slip."""
        return self.flow.condensed.fibre_slips

    def picture(self, state: Mapping[str, Any] | None = None) -> Picture | None:
        """Return the axes of the beams with their largest fibre stress over yield, or undeformed with areas."""
        if state is None:
            return virgin_frame(self.cell, self.section)
        load = np.abs(self.fibre_stress(state)).max(axis=(-1, -2)) / self._properties.yield_stress
        return strained_frame(self.cell, self.decode(state)["displacement"], load)

    def decoded_lines(self) -> DecodedLines:
        """Return the axes of the beams, moved by their nodes and coloured by the plastic strains in them."""
        return frame_lines(self.cell, self.section, self.exact_states)
