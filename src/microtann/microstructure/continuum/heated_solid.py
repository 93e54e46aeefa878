"""A solid whose phases expand, driven by strain and temperature: stress, energy and entropy along paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import CellError, InputError
from microtann.fem.regions import Region
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.plane_stress import PlaneStress
from microtann.microstructure.continuum.cell_equations import CellEquations
from microtann.microstructure.continuum.cell_newton import CellsBefore, advance_cells
from microtann.microstructure.continuum.heated_equations import HeatedEquations
from microtann.microstructure.continuum.phase_response import virgin_phases
from microtann.microstructure.continuum.solid import FLUCTUATION, Solid
from microtann.microstructure.path_response import PathResponse
from microtann.numbers.checks import as_floats, check_dt, check_strain_paths
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeatedResponse(PathResponse):
    """Response of a heated solid along paths of strain and temperature.

    Parameters
    ----------
    strain, stress, energy, dissipation, coordinates
        As of `PathResponse`.
    temperature : array, shape (...)
        θ, from that of the virgin state.
    entropy : array, shape (...)
        −∂Ψ/∂θ per volume of the cell.
    """

    temperature: Float[Array, "*batch"]
    entropy: Float[Array, "*batch"]


class HeatedSolid:
    """A periodic cell of a solid whose phases expand with the temperature, which is one in the whole cell.

    The energy of a point is Ψ(ε − a θ, …) − ½ c θ², with that of its phase at strain ε − a θ; θ counts from the
    temperature of the virgin state. Strength and stiffness do not depend on it.

    Parameters
    ----------
    solid : Solid
        In space, or a sheet: every phase that expands in the plane is a `microtann.fem.PlaneStress`, or elastic
        and made with ``plane="stress"``.
    expansion : float, or mapping from names of phases to floats
        a, the same in all directions; phases that a mapping does not name do not expand.
    capacity : float, or mapping likewise
        c: heat capacity per volume of the phase, over the temperature of the virgin state.

    Raises
    ------
    InputError
        If a phase is named that the solid has not, or a number is not finite or out of its range.
    CellError
        If a phase in plane strain expands: what it does across the plane is no strain in it.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> sheet = mt.voided_cell(0.3, mt.fem.PlaneStress(mt.fem.VonMises()), divisions=2, layers=1)
    >>> heated = mt.HeatedSolid(sheet, expansion=0.1)
    >>> free = 0.1 * np.array([[1.0, 1.0, 0.0]])
    >>> bool(np.abs(heated.solve(free, [1.0]).stress).max() < 1e-12)
    True
    """

    def __init__(
        self,
        solid: Solid,
        expansion: float | Mapping[str, float],
        capacity: float | Mapping[str, float] = 0.0,
    ) -> None:
        equations = solid.equations
        expands, holds = (
            _of_phases(name, value, equations.regions)
            for name, value in (("expansion", expansion), ("capacity", capacity))
        )
        if holds.min() < 0.0:
            raise InputError(f"capacity must not be negative, got {float(holds.min())}")
        for region, own in zip(equations.regions, expands, strict=True):
            if own != 0.0 and equations.components == 3 and not _is_sheet(region):
                raise CellError(
                    f"the phase {region.name or 'of the cell'} is in plane strain, where what it expands across "
                    "the plane is no strain in it: take a cell in space, or a sheet, fem.PlaneStress(material)"
                )
        normal = np.arange(equations.components) < solid.mesh.dimension
        own = {f.name: getattr(equations, f.name) for f in fields(CellEquations)}
        self.solid = solid
        self.expansion = expands
        self.capacity = float(
            sum(c * equations.weights[p].sum() for c, p in zip(holds, equations.points, strict=True))
        )
        self.equations = HeatedEquations(**own, expansion=tuple(one * normal for one in expands))

    @property
    def components(self) -> int:
        """Strain components of the cell, without the temperature."""
        return self.solid.components

    @property
    def unit_temperature(self) -> float:
        """Temperature at which what expands most has expanded by the strain scale of the solid; 1 if none does."""
        most = float(np.abs(self.expansion).max())
        return self.solid.strain_scale / most if most > 0.0 else 1.0

    def solve(self, strain: ArrayLike, temperature: ArrayLike, dt: ArrayLike = 1.0) -> HeatedResponse:
        """Return the response along paths from the virgin state.

        Parameters
        ----------
        strain : array, shape (T, v) or (B, T, v)
        temperature : array, shape (T,) or (B, T)
        dt : float or array, shape (T,) or (B, T)

        Raises
        ------
        InputError
            If the paths are none, or do not fit each other.
        ConvergenceError
            If a cell found no equilibrium.
        """
        strain = check_strain_paths(strain, self.components)
        lead = strain.shape[:-1]
        heat = as_floats("temperature", temperature)
        if heat.shape != lead or not np.isfinite(heat).all():
            raise InputError(f"temperature must be finite with shape {lead}, got {heat.shape}")
        driving = np.concatenate([strain, heat[..., None]], axis=-1).reshape(-1, lead[-1], self.components + 1)
        times = check_dt(dt, lead).reshape(driving.shape[:2])
        if not self.solid.durations_by_point and np.ptp(times, axis=0).any():
            raise InputError("a phase takes one duration at a time: give all paths the same")
        conjugate, energy, lost, inside = self._follow(driving, times)
        v = self.components
        return HeatedResponse(
            strain=strain,
            stress=conjugate[..., :v].reshape(strain.shape),
            energy=energy.reshape(lead) - 0.5 * self.capacity * heat**2,
            dissipation=lost.reshape(lead),
            coordinates={name: value.reshape(*lead, *value.shape[2:]) for name, value in inside.items()},
            temperature=heat,
            entropy=self.capacity * heat - conjugate[..., v].reshape(lead),
        )

    def _follow(
        self, driving: Float[Array, "B T y"], times: Float[Array, "B T"]
    ) -> tuple[Array, Array, Array, dict[str, Array]]:
        """Return what does work on y, energy, dissipation and internal coordinates along paths."""
        count, steps, y = driving.shape
        before = CellsBefore(
            np.zeros((count, y)),
            np.zeros((count, self.equations.unknowns)),
            virgin_phases(self.equations, count),
        )
        conjugate, energy, lost = np.empty(driving.shape), np.empty((count, steps)), np.empty((count, steps))
        inside: list[dict[str, Array]] = []
        with one_blas_thread():
            for step in range(steps):
                now, dt = np.ascontiguousarray(driving[:, step]), times[:, step]
                duration = np.ascontiguousarray(dt) if self.solid.durations_by_point else float(dt[0])
                found = advance_cells(self.equations, now, before, duration, tangent=False)
                conjugate[:, step], energy[:, step], lost[:, step] = found.stress, found.energy, found.dissipation
                state = {"strain": now[:, :-1], FLUCTUATION: found.fluctuation, **found.state}
                inside.append(self.solid.decode(state))
                before = CellsBefore(now, found.fluctuation, found.state)
        return (
            conjugate,
            energy,
            lost,
            {name: np.stack([one[name] for one in inside], axis=1) for name in inside[0]},
        )


def _of_phases(name: str, value: float | Mapping[str, float], regions: tuple[Region, ...]) -> Float[Array, "r"]:
    """Return a number for every phase."""
    known = [region.name for region in regions]
    given = value if isinstance(value, Mapping) else dict.fromkeys(known, value)
    strange = next((key for key in given if key not in known), None)
    if strange is not None:
        raise InputError(f"{name} names the phase {strange!r}, but the phases are {', '.join(map(repr, known))}")
    numbers = np.array([as_floats(name, given.get(key, 0.0)) for key in known])
    if numbers.shape != (len(known),) or not np.isfinite(numbers).all():
        raise InputError(f"{name} must be a finite number for every phase, got {value!r}")
    return numbers


def _is_sheet(region: Region) -> bool:
    """Return whether a phase is free to expand across the plane."""
    material = region.material
    if isinstance(material, LinearElastic) and material.normal is not None:
        return not material.normal[1].any()  # no stress across
    return isinstance(material, PlaneStress)
