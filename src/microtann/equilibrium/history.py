"""What a simulation leaves behind: one entry per increment, resultants at supports, and the cost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.history_columns import history_columns, iteration_columns, supported_faces
from microtann.equilibrium.increment_table import IncrementRow, increment_table
from microtann.equilibrium.lazy import LazyRows
from microtann.equilibrium.resultants import axis_number, face_axis, moment
from microtann.equilibrium.running_cost import Cost
from microtann.equilibrium.steps import Nodes, select_nodes
from microtann.equilibrium.system import System
from microtann.equilibrium.unknowns import unknowns_of
from microtann.errors import InputError
from microtann.system.csv_file import write_csv
from microtann.system.html_table import html_table
from microtann.system.paraview import Snapshot

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Statistics:
    """Cost of a simulation.

    Parameters
    ----------
    newton_iterations, linear_iterations : int
        Over all increments, those of attempts that were cut included.
    constitutive_calls : int
        Bars or Gauss points evaluated, over all iterations and line searches.
    cuts : int
        How often an increment, or a part of one, was cut.
    material_seconds, assembly_seconds, setup_seconds, solver_seconds : float
        CPU time of the constitutive law, of assembly, of building the preconditioner, and of the linear solver.
    increments : tuple of IncrementRow
        How every increment went; `table` shows them.
    """

    newton_iterations: int
    linear_iterations: int
    constitutive_calls: int
    cuts: int
    material_seconds: float
    assembly_seconds: float
    setup_seconds: float
    solver_seconds: float
    increments: tuple[IncrementRow, ...] = ()

    @staticmethod
    def of(cost: Cost, rows: Iterable[IncrementRow]) -> Statistics:
        """Return the statistics of running totals and increments."""
        return Statistics(
            newton_iterations=cost.newton,
            linear_iterations=cost.linear,
            constitutive_calls=cost.calls,
            cuts=cost.cuts,
            material_seconds=cost.material,
            assembly_seconds=cost.assembly,
            setup_seconds=cost.setup,
            solver_seconds=cost.solver,
            increments=tuple(rows),
        )

    def __repr__(self) -> str:
        counts = f"{self.newton_iterations} Newton and {self.linear_iterations} linear iterations"
        return f"Statistics({counts}, {self.constitutive_calls} calls, {self.cuts} cuts, {self.seconds:.3g} CPU s)"

    def __str__(self) -> str:
        """Return the cost as a table, and one row per increment under it."""
        text = "\n".join(f"{name:<20}{value}" for name, value in self._rows())
        return f"{text}\n\n{self.table()}" if self.increments else text

    def _rows(self) -> list[tuple[str, str]]:
        increments = len(self.increments)
        most = max(self.newton_per_increment, default=0)
        rows = [
            (
                "Newton iterations",
                f"{self.newton_iterations:12,}, at most {most} in one of {increments} increments",
            ),
            ("linear iterations", f"{self.linear_iterations:12,}"),
            ("constitutive calls", f"{self.constitutive_calls:12,}"),
            ("cuts", f"{self.cuts:12,}"),
        ]
        times = ("material", "assembly", "setup", "solver")
        rows += [(f"{name} [CPU s]", f"{getattr(self, f'{name}_seconds'):12.3f}") for name in times]
        return [*rows, ("in all [CPU s]", f"{self.seconds:12.3f}")]

    def _repr_html_(self) -> str:
        rows = [[name, value.strip()] for name, value in self._rows()]
        table = html_table("Cost", (), rows)
        return f"{table}<pre>{escape(self.table())}</pre>" if self.increments else table

    def table(self) -> str:
        """Return a table with one row per increment: parts, cuts, iterations, residual and time."""
        return increment_table(self.increments)

    @property
    def newton_per_increment(self) -> tuple[int, ...]:
        """Newton iterations of every increment."""
        return tuple(row.newton for row in self.increments)

    @property
    def seconds(self) -> float:
        """CPU time of all parts together."""
        return self.material_seconds + self.assembly_seconds + self.setup_seconds + self.solver_seconds


@dataclass(frozen=True, eq=False)
class Part:
    """An equilibrium inside an increment that was solved in parts.

    Parameters
    ----------
    increment : int
        Index of the increment.
    time : float
    displacement : array, shape (N, d)
    fraction : float
        Of the increment.
    energy, dissipation : float
        As in `History`.
    rotation : array, shape (N, r), or None
    """

    increment: int
    time: float
    displacement: Float[Array, "N d"]
    fraction: float
    energy: float
    dissipation: float
    rotation: Float[Array, "N r"] | None = None


@dataclass(frozen=True, eq=False)
class History:
    """Response of a structure at the end of every increment.

    Of a simulation that was recorded, displacements, reactions, fields and parts are read from its files when they
    are asked for: index them, or give them to NumPy for the whole array.

    Parameters
    ----------
    points : array, shape (N, d)
        Nodes of the undeformed structure.
    time : array, shape (I,)
    displacement : array, shape (I, N, d)
    reactions : array, shape (I, N, d)
        Forces of the supports on the nodes, those of displacements being released included; zero elsewhere.
    energy : array, shape (I,)
        Free energy of the whole structure.
    dissipation : array, shape (I,)
        Energy dissipated since the start, whole structure.
    statistics : Statistics
    fields : sequence of dict of arrays
        Fields of the elements or bars, one dict per increment, or for the last increment only.
    training_reach : array, shape (I,), or None
        How far the farthest material point reaches in the range of its model's training data: 1 on the border, 1.3
        where 30 % outside. None for a material that knows no such range.
    points_outside : integer array, shape (I,), or None
        Number of material points outside that range.
    rotation : array, shape (I, N, r), or None
        Of the nodes of frames: one in the plane, three in space.
    reaction_moments : array, shape (I, N, r), or None
        Moments of the supports on the nodes of frames, as ``reactions``.
    parts : sequence of Part
        Equilibria inside increments that were solved in parts, in the order of time.
    """

    points: Float[Array, "N d"]
    time: Float[Array, "I"]
    displacement: Float[Array, "I N d"] | LazyRows
    reactions: Float[Array, "I N d"] | LazyRows
    energy: Float[Array, "I"]
    dissipation: Float[Array, "I"]
    statistics: Statistics
    fields: Sequence[dict[str, Array]] = field(default=(), kw_only=True)
    training_reach: Float[Array, "I"] | None = field(default=None, kw_only=True)
    points_outside: Int[NDArray[np.int64], "I"] | None = field(default=None, kw_only=True)
    rotation: Float[Array, "I N r"] | LazyRows | None = field(default=None, kw_only=True)
    reaction_moments: Float[Array, "I N r"] | LazyRows | None = field(default=None, kw_only=True)
    parts: Sequence[Part] = field(default=(), kw_only=True)

    def __repr__(self) -> str:
        return self._line("History", "")

    def _line(self, name: str, parts: str) -> str:
        """Return a result in one line; ``parts`` counts what lies between the nodes."""
        counts = ", ".join(text for text in (f"{len(self.points)} nodes", parts) if text)
        outside = 0 if self.points_outside is None else int(self.points_outside.max(initial=0))
        far = f"; up to {outside} points outside the training range" if outside else ""
        return (
            f"{name}({len(self.time)} increments to time {self.time[-1]:g}, {counts}; "
            f"energy {self.energy[-1]:.5g}, dissipated {self.dissipation[-1]:.5g}{far})"
        )

    @property
    def _sets(self) -> Mapping[str, Int[NDArray[np.int64], "_"]]:
        """Nodes by name, where a mesh names them."""
        return {}

    def accepted(self) -> Iterator[tuple[float, Float[Array, "N d"]]]:
        """Yield time and displacement of every equilibrium that was reached, in order.

        These are the ends of the increments, and those inside of increments that were cut: together they are the
        path that the material has followed.
        """
        for time, displacement, _ in self._equilibria():
            yield time, displacement

    def _equilibria(self) -> Iterator[tuple[float, Float[Array, "N d"], Float[Array, "N r"] | None]]:
        """Yield time, displacement and rotation of every equilibrium that was reached."""
        inside = iter(self.parts)
        part = next(inside, None)
        for index, time in enumerate(self.time):
            while part is not None and part.increment == index:
                yield part.time, part.displacement, part.rotation
                part = next(inside, None)
            turned = None if self.rotation is None else self.rotation[index]
            yield float(time), self.displacement[index], turned

    def nearest(self, point: ArrayLike) -> int:
        """Return the node nearest to a point."""
        offset = self.points - np.asarray(point, dtype=np.float64)
        return int(np.argmin((offset**2).sum(axis=1)))

    def reaction(self, nodes: Nodes) -> Float[Array, "I d"]:
        """Return the sum of the support forces on nodes: indices, a mask, a function of the points, or a set."""
        return self.reactions[:, self._nodes(nodes)].sum(axis=1)

    def resultant(self, nodes: Nodes) -> Float[Array, "I d"]:
        """Return `reaction`."""
        return self.reaction(nodes)

    def axial_force(self, nodes: Nodes, axis: int | str | None = None) -> Float[Array, "I"]:
        """Return the component of `reaction` along an axis; of a face at the upper end, tension is positive.

        Parameters
        ----------
        nodes : nodes
            As in `Prescribed`.
        axis : int or str, optional
            0, 1, 2 or "x", "y", "z". If left out, the normal of the face that the nodes lie in.

        Raises
        ------
        InputError
            If there is no such axis, or the nodes lie in no plane normal to one.
        """
        chosen, d = self._nodes(nodes), self.points.shape[1]
        number = face_axis(self.points, chosen, "their force") if axis is None else axis_number(axis, d)
        return self.reactions[:, chosen].sum(axis=1)[:, number]

    def moment(self, nodes: Nodes, centre: ArrayLike = 0.0) -> Float[Array, "I 3"] | Float[Array, "I"]:
        """Return the moment of the support forces on nodes about a point; in the plane a number, about z.

        Lever arms are those of the undeformed structure (small strains).

        Parameters
        ----------
        nodes : nodes
            As in `Prescribed`.
        centre : float or array, shape (d,)
            In the unit of length of the mesh; the coordinate origin if left out.

        Raises
        ------
        InputError
            If the centre is no point.
        """
        chosen = self._nodes(nodes)
        about = moment(self.points[chosen], self.reactions[:, chosen], centre)
        if self.reaction_moments is None:
            return about
        own = self.reaction_moments[:, chosen].sum(axis=1)
        return about + (own[:, 0] if about.ndim == 1 else own)

    def torque(self, nodes: Nodes, axis: int | str | None = None, centre: ArrayLike = 0.0) -> Float[Array, "I"]:
        """Return the component of `moment` about an axis through ``centre``.

        Parameters
        ----------
        nodes : nodes
            As in `Prescribed`.
        axis : int or str, optional
            0, 1, 2 or "x", "y", "z": the axis is parallel to it. If left out, the normal of the face that the
            nodes lie in; in the plane z, the only one there is.
        centre : float or array, shape (d,)
            A point on the axis, in the unit of length of the mesh.

        Raises
        ------
        InputError
            If there is no such axis, the nodes lie in no plane normal to one, or the centre is no point.
        """
        about = self.moment(nodes, centre)
        if about.ndim == 1:
            if axis is not None and axis_number(axis, 3) != 2:
                raise InputError(f"in the plane a torque is about 'z', got axis={axis!r}")
            return about
        if axis is None:
            return about[:, face_axis(self.points, self._nodes(nodes), "their torque")]
        return about[:, axis_number(axis, 3)]

    def to_csv(self, path: str | os.PathLike[str], sets: Mapping[str, Nodes] | None = None) -> None:
        """Write every increment as a line of CSV: energies, forces against displacements, and iterations.

        The columns are ``increment``, ``time``, ``energy``, ``dissipation`` (since the start), ``support_work``
        (of the supports since the start, by the trapezoidal rule), and for every set of nodes the mean
        displacement and the reaction along each axis, as ``displacement top z`` and ``reaction top z``. Of
        finite elements whose fields were kept for every increment, ``energy`` and ``dissipation`` of every
        region of the mesh follow. The last ones are the name of the ``step``, ``parts``, ``cuts``, ``newton``
        and ``linear`` iterations.

        Parameters
        ----------
        path : path
        sets : mapping, optional
            Nodes by name, as in `Prescribed`, beside the named sets of the mesh. Where there are neither, the
            faces of the bounding box take their place that have reactions, as ``z=2``.

        Raises
        ------
        InputError
            If nodes do not exist.
        StorageError
            If the file cannot be written.
        """
        chosen = {
            name: self._nodes(nodes, f"set {name!r}") for name, nodes in {**self._sets, **(sets or {})}.items()
        }
        columns = history_columns(self, chosen or supported_faces(self))
        rows = self.statistics.increments
        iterations = iteration_columns(rows) if len(rows) == len(self.time) else {}
        write_csv(path, {**columns, **self._region_columns(), **iterations})

    def _region_columns(self) -> dict[str, Array]:
        """Return what regions of a mesh store and dissipate, by the name of the column."""
        return {}

    def _nodes(self, nodes: Nodes, where: str = "nodes") -> Int[NDArray[np.int64], "k"]:
        """Return the indices of chosen nodes."""
        return select_nodes(nodes, self.points, where, sets=self._sets)

    def frames(self) -> Iterator[Snapshot]:
        """Yield displacements, reactions and fields of the increments whose fields were kept, for ParaView."""
        count = len(self.time)
        for index, fields in enumerate(self.fields, start=count - len(self.fields)):
            yield Snapshot(index, float(self.time[index]), self._vectors(index), fields)

    def _frames_along(self, system: System) -> Iterator[Snapshot]:
        """Yield `frames`; where fields were not kept, those of the system once more along what was found.

        Parameters
        ----------
        system : System
            That led to this history.
        """
        if len(self.fields) == len(self.time):
            yield from History.frames(self)
            return
        state, length, index = system.virgin(), unknowns_of(system).length, 0
        for time, displacement, rotation in self._equilibria():
            moved = displacement if rotation is None else np.hstack([displacement, length * rotation])
            motion = moved.ravel()
            state = system.evaluate(state, motion, motion, 0.0, tangent=False).state
            if time == self.time[index]:  # and not inside an increment that was cut
                yield Snapshot(index, time, self._vectors(index), system.fields(state))
                index += 1

    def _vectors(self, index: int) -> dict[str, Array]:
        """Return what the nodes did in an increment, for ParaView."""
        vectors = {"displacement": self.displacement[index], "reaction": self.reactions[index]}
        if self.rotation is not None and self.reaction_moments is not None:
            turns = {"rotation": self.rotation[index], "reaction_moment": self.reaction_moments[index]}
            vectors |= {name: _about_axes(values) for name, values in turns.items()}
        return vectors


def _about_axes(rotation: Float[Array, "N r"]) -> Float[Array, "N 3"]:
    """Return rotations about all three axes; in the plane they are about z."""
    return rotation if rotation.shape[1] == 3 else np.pad(rotation, ((0, 0), (2, 0)))
