"""What a simulation leaves behind: one entry per increment, resultants at supports, and the cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.increment_table import IncrementRow, increment_table
from microtann.equilibrium.lazy import LazyRows
from microtann.equilibrium.running_cost import Cost
from microtann.equilibrium.steps import Nodes, select_nodes
from microtann.errors import InputError
from microtann.system.paraview import Frame

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
        rows.append(("in all [CPU s]", f"{self.seconds:12.3f}"))
        text = "\n".join(f"{name:<20}{value}" for name, value in rows)
        return f"{text}\n\n{self.table()}" if self.increments else text

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
    """

    increment: int
    time: float
    displacement: Float[Array, "N d"]
    fraction: float
    energy: float
    dissipation: float


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
        inside = iter(self.parts)
        part = next(inside, None)
        for index, time in enumerate(self.time):
            while part is not None and part.increment == index:
                yield part.time, part.displacement
                part = next(inside, None)
            yield float(time), self.displacement[index]

    def nearest(self, point: ArrayLike) -> int:
        """Return the node nearest to a point."""
        offset = self.points - np.asarray(point, dtype=np.float64)
        return int(np.argmin((offset**2).sum(axis=1)))

    def resultant(self, nodes: Nodes) -> Float[Array, "I d"]:
        """Return the sum of the support forces on nodes: indices, a mask, a function of the points, or a set."""
        return self.reactions[:, select_nodes(nodes, self.points, sets=self._sets)].sum(axis=1)

    def axial_force(self, nodes: Nodes, axis: int = -1) -> Float[Array, "I"]:
        """Return the component of `resultant` along an axis; of a top face, tension is positive."""
        return self.resultant(nodes)[:, axis]

    def torque(self, nodes: Nodes, axis: int = 2, centre: ArrayLike = 0.0) -> Float[Array, "I"]:
        """Return the moment of the support forces on nodes about an axis through ``centre``.

        Lever arms are those of the undeformed structure (small strains).

        Parameters
        ----------
        nodes : nodes
            As in `Prescribed`.
        axis : int
            0, 1 or 2: the axis is parallel to x, y or z.
        centre : float or array, shape (d,)
            A point on the axis, in the unit of length of the mesh.

        Raises
        ------
        InputError
            If the structure is not three-dimensional.
        """
        if self.points.shape[1] != 3:
            raise InputError("a torque about an axis needs three dimensions")
        chosen = select_nodes(nodes, self.points, sets=self._sets)
        arm = self.points[chosen] - np.broadcast_to(np.asarray(centre, dtype=np.float64), (3,))
        force = self.reactions[:, chosen]
        i, j = (axis + 1) % 3, (axis + 2) % 3
        return (arm[:, i] * force[..., j] - arm[:, j] * force[..., i]).sum(axis=1)

    def frames(self) -> Iterator[Frame]:
        """Yield displacements, reactions and fields of the increments whose fields were kept, for ParaView."""
        count = len(self.time)
        for index, fields in enumerate(self.fields, start=count - len(self.fields)):
            vectors = {"displacement": self.displacement[index], "reaction": self.reactions[index]}
            yield Frame(index, float(self.time[index]), vectors, fields)
