"""The reference structures lcU to lcH: box, loading, control points and compared quantities (paper, Section V).

A case holds for finite elements and for full lattices alike, since both take the same steps. lcU and lcC have
counterparts in the plane, a square that is compressed along y, for the cells of two dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.history import History
from microtann.equilibrium.steps import Prescribed, Step
from microtann.errors import InputError

Array = NDArray[np.float64]
Lengths = tuple[float, ...]
SHORT: Lengths = (10.0, 10.0, 10.0)
LONG: Lengths = (10.0, 10.0, 20.0)
PLANE: Lengths = (10.0, 10.0)
IN_PLANE = ("lcU1", "lcU2", "lcC1", "lcC2")
"""Cases with a counterpart in the plane."""
AXES = "xyz"
SIZE_RATIOS = (1.0, 1 / 2, 1 / 4, 1 / 5, 1 / 8, 1 / 10, 1 / 16, 1 / 20)
"""Ratios ε of cell to structure between the ends that the paper gives; 1/n works for any whole number n."""
MESH_SIZES = (2.0, 1.0, 0.5)
"""Edges of the elements."""


@dataclass(frozen=True)
class Control:
    """A displacement component of a node that is compared.

    Parameters
    ----------
    point : (float, ...)
        Position of the node.
    component : int
    """

    point: tuple[float, ...]
    component: int

    @property
    def name(self) -> str:
        """Name such as "u_x(5, 5, 10)"."""
        return f"u_{AXES[self.component]}({', '.join(f'{c:g}' for c in self.point)})"

    def of(self, result: History) -> Float[Array, "I"]:
        """Return the displacement of the nearest node."""
        return result.displacement[:, result.nearest(self.point), self.component]


@dataclass(frozen=True, eq=False)
class ReferenceCase:
    """A reference problem.

    Parameters
    ----------
    name, description : str
    lengths : (float, ...)
        Edges of the box, or in the plane of the rectangle; it is centred but for its height, the last one, which
        starts at 0.
    steps : tuple of Step
    controls : tuple of Control
    support : str
        The resultant of the moved face that is compared: "torque" or "axial_force".
    angles : tuple of float
        Twist at the end of every increment, in degrees, for cases that twist.
    """

    name: str
    description: str
    lengths: Lengths
    steps: tuple[Step, ...]
    controls: tuple[Control, ...]
    support: str
    angles: tuple[float, ...] = field(default=())

    def divided(self, increments: int) -> ReferenceCase:
        """Return the case with every step in several increments.

        Parameters
        ----------
        increments : int
            Of every step; between its ends displacements are interpolated, so that no angle belongs to them.
        """
        if increments == 1:
            return self
        steps = tuple(replace(step, increments=increments * step.increments) for step in self.steps)
        return replace(self, steps=steps, angles=())

    @property
    def released(self) -> bool:
        """Whether the last step takes away the load, so that what is left is small beside what was before."""
        return len(self.steps) > 1 and len(self.steps[-1].prescribed) < len(self.steps[-2].prescribed)

    @property
    def end(self) -> str:
        """The last state in words, "after the release" or "at the end of the loading"."""
        return "after the release" if self.released else "at the end of the loading"

    @property
    def origin(self) -> tuple[float, ...]:
        """Corner of smallest coordinates of the box."""
        return (*(-length / 2 for length in self.lengths[:-1]), 0.0)

    @property
    def dimension(self) -> int:
        """Dimension of space, 2 or 3."""
        return len(self.lengths)

    def top(self, points: Float[Array, "N d"]) -> NDArray[np.bool_]:
        """Return which points lie on the moved face."""
        return _plane(self.lengths[-1], self.lengths)(points)

    def check_inside(self, point: tuple[float, ...]) -> None:
        """Refuse a point outside of the box.

        Raises
        ------
        InputError
        """
        if len(point) != self.dimension:
            words = {2: "two", 3: "three"}[self.dimension]
            raise InputError(f"inside is a point of {words} coordinates, got {list(point)}")
        pairs = list(zip(self.origin, self.lengths, strict=True))
        if any(not a <= x <= a + b for x, (a, b) in zip(point, pairs, strict=True)):
            edges = ", ".join(f"{a:g} to {a + b:g}" for a, b in pairs)
            raise InputError(f"the point {point} lies outside of the structure, which is {edges}")

    def elements(self, size: float) -> tuple[int, ...]:
        """Return how many elements of an edge the box has along each axis.

        Raises
        ------
        InputError
            If that is no whole number.
        """
        counts = self._whole(size)
        if counts is None:
            raise InputError(
                f"elements of {size:g} do not fill the box of {self._edges}: use "
                f"{', '.join(f'{h:g}' for h in MESH_SIZES)}, or another length that divides all edges"
            )
        return counts

    def cells(self, ratio: float) -> tuple[int, ...]:
        """Return how many cells of size ratio ε, which measure ε times the width, the box has along each axis.

        Raises
        ------
        InputError
            If that is no whole number.
        """
        counts = self._whole(self.lengths[0] * ratio)
        if counts is None:
            near = max(1, round(1.0 / ratio))
            raise InputError(
                f"cells of size ratio {ratio:g}, which measure {self.lengths[0] * ratio:g}, do not fill the box "
                f"of {self._edges}: use 1/n with a whole number n, such as 1/{near}"
            )
        return counts

    def _whole(self, size: float) -> tuple[int, ...] | None:
        counts = tuple(round(length / size) for length in self.lengths)
        pairs = zip(counts, self.lengths, strict=True)
        if any(n < 1 or abs(n * size - length) > 1e-6 * length for n, length in pairs):
            return None
        return counts

    @property
    def _edges(self) -> str:
        return " × ".join(f"{length:g}" for length in self.lengths)

    def quantities(self, result: History) -> dict[str, Float[Array, "I"]]:
        """Return what is compared, per increment: control displacements, energy, dissipation, torque or force."""
        values = {control.name: control.of(result) for control in self.controls}
        values["energy"] = result.energy
        values["dissipation"] = result.dissipation
        moved = result.torque(self.top) if self.support == "torque" else result.axial_force(self.top)
        return values | {self.support: moved}


def lcU1(lengths: Lengths = SHORT) -> ReferenceCase:
    """Uniform compression by 30 % of the height, lateral sides free (u_z = −3 on the top)."""
    return _uniform("lcU1", -0.3, lengths)


def lcU2(lengths: Lengths = SHORT) -> ReferenceCase:
    """Uniform compression by 50 % of the height, lateral sides free (u_z = −5 on the top)."""
    return _uniform("lcU2", -0.5, lengths)


def lcC1(lengths: Lengths = SHORT) -> ReferenceCase:
    """Compression by 20 % of the height between a fixed bottom and a top free in its plane (u_z = −2)."""
    return _compression("lcC1", -0.2, lengths)


def lcC2(lengths: Lengths = SHORT) -> ReferenceCase:
    """Compression by 50 % of the height between a fixed bottom and a top free in its plane (u_z = −5)."""
    return _compression("lcC2", -0.5, lengths)


def lcT1(lengths: Lengths = LONG, factor: float = 1.0) -> ReferenceCase:
    """Torsion by 40° in one increment; ``factor`` scales the displacements of the top."""
    return _torsion("lcT1", (40.0,), lengths, False, factor)


def lcT2(lengths: Lengths = LONG, factor: float = 1.0) -> ReferenceCase:
    """Torsion by 60° in one increment; ``factor`` scales the displacements of the top."""
    return _torsion("lcT2", (60.0,), lengths, False, factor)


def lcH(lengths: Lengths = LONG) -> ReferenceCase:
    """Cyclic torsion to 20, −20, 40, −40 and 60° in increments of 20°, then the top is released."""
    angles = [0.0]
    for goal in (20.0, -20.0, 40.0, -40.0, 60.0):
        parts = round(abs(goal - angles[-1]) / 20.0)
        angles += list(np.linspace(angles[-1], goal, parts + 1)[1:])
    return _torsion("lcH", tuple(float(a) for a in angles[1:]), lengths, True, 1.0)


CASES: dict[str, Callable[..., ReferenceCase]] = {
    "lcU1": lcU1,
    "lcU2": lcU2,
    "lcC1": lcC1,
    "lcC2": lcC2,
    "lcT1": lcT1,
    "lcT2": lcT2,
    "lcH": lcH,
}
"""The cases by name."""


def reference_case(name: str, dimension: int = 3) -> ReferenceCase:
    """Return a case by name, at its own size.

    Parameters
    ----------
    name : str
    dimension : int
        2 for its counterpart in the plane.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in CASES:
        raise InputError(f"there is no reference case {name!r}; there are: {', '.join(CASES)}")
    if dimension == 3:
        return CASES[name]()
    if name not in IN_PLANE:
        raise InputError(
            f"{name} twists a body in space, and the cell lies in the plane; there are: {', '.join(IN_PLANE)}"
        )
    return CASES[name](PLANE)


def _plane(height: float, lengths: Lengths) -> Callable[[Array], NDArray[np.bool_]]:
    near = 1e-8 * max(lengths)
    return lambda points: np.abs(points[:, -1] - height) <= near


def _corner(lengths: Lengths, *signs: float) -> Callable[[Array], NDArray[np.bool_]]:
    """Return what chooses the node at a corner of the bottom."""
    near = 1e-8 * max(lengths)
    corner = [*(sign * length / 2 for sign, length in zip(signs, lengths, strict=False)), 0.0]
    return lambda points: np.abs(points - corner).max(axis=1) <= near


def _uniform(name: str, strain: float, lengths: Lengths) -> ReferenceCase:
    height, up = lengths[-1], len(lengths) - 1
    signs = (-1.0,) * up
    held = [Prescribed(_plane(0.0, lengths), up)]
    held += [Prescribed(_corner(lengths, *signs), axis) for axis in range(up)]
    if up == 2:  # nor may it turn around the direction of the load
        held.append(Prescribed(_corner(lengths, 1.0, -1.0), 1))
    held.append(Prescribed(_plane(height, lengths), up, strain * height))
    description = f"uniform compression by {-100 * strain:g} % of the height, lateral sides free"
    return _compressed(name, description, tuple(held), lengths)


def _compression(name: str, strain: float, lengths: Lengths) -> ReferenceCase:
    height, up = lengths[-1], len(lengths) - 1
    held = (
        *(Prescribed(_plane(0.0, lengths), axis) for axis in range(up + 1)),
        Prescribed(_plane(height, lengths), up, strain * height),
    )
    description = f"compression by {-100 * strain:g} % of the height, bottom fixed, top free in its plane"
    return _compressed(name, description, held, lengths)


def _compressed(name: str, description: str, held: tuple[Prescribed, ...], lengths: Lengths) -> ReferenceCase:
    corner = (*(length / 2 for length in lengths[:-1]), lengths[-1])
    step = Step(held, name="compress")
    return ReferenceCase(name, description, lengths, (step,), (Control(corner, 0),), "axial_force")


def _torsion(
    name: str, angles: tuple[float, ...], lengths: Lengths, release: bool, factor: float
) -> ReferenceCase:
    x, y, z = lengths[0] / 2, lengths[1] / 2, lengths[2]
    bottom = tuple(Prescribed(_plane(0.0, lengths), axis) for axis in range(3))
    steps = tuple(
        Step((*bottom, *_twist(angle, lengths, factor)), name=f"twist to {angle:g}°") for angle in angles
    )
    if release:
        steps += (Step(bottom, name="release"),)
        angles = (*angles, float("nan"))
    what = "cyclic torsion" if len(angles) > 1 else "torsion"
    description = f"{what} {' '.join(f'{a:g}' for a in angles if np.isfinite(a))}°, bottom fixed, top free in z"
    controls = (Control((x, y, z), 2), Control((-x, y, z), 2))
    return ReferenceCase(name, description, lengths, steps, controls, "torque", angles)


def _twist(angle: float, lengths: Lengths, factor: float) -> tuple[Prescribed, Prescribed]:
    """Return the displacements (R(ω) − I) x of the top in its plane."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    top = _plane(lengths[2], lengths)
    return (
        Prescribed(top, 0, lambda p: factor * ((cos - 1.0) * p[:, 0] - sin * p[:, 1])),
        Prescribed(top, 1, lambda p: factor * (sin * p[:, 0] + (cos - 1.0) * p[:, 1])),
    )
