"""What the phases of a cell answer at all integration points of many cells at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import CellError
from microtann.fem.elements import RULES
from microtann.fem.mesh import Mesh
from microtann.fem.regions import Region
from microtann.materials import isotropy
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.plane_stress import PlaneStress
from microtann.materials.protocol import Material, State
from microtann.materials.von_mises import VonMises
from microtann.materials.von_mises_points_kernel import return_points
from microtann.microstructure.continuum.cell_equations import CellEquations
from microtann.microstructure.protocol import SHARED_STATE
from microtann.slips.yield_tolerance import YIELD_TOLERANCE

Array = NDArray[np.float64]
STIFF_IN_VOLUME = 20.0
"""Stiffness against a change of volume over that against shear beyond which linear elements lock: ν > 0.475."""


@dataclass(frozen=True, eq=False)
class PhaseResponse:
    """Response of all integration points of n cells.

    Parameters
    ----------
    stress : array, shape (n, P, v)
    change : tuple of arrays, shape (n, p, v, v), or None
        Of the tangents at the points of every region from the elastic ones; None where there is none.
    energy, dissipation : array, shape (n,)
        Averages over the cells, voids included.
    state : dict of arrays, shape (n, p, ...)
        Variables of the phases by the names that regions give them, without strain, energy and dissipation.
    """

    stress: Float[Array, "n P v"]
    change: tuple[Float[Array, "n _ v v"] | None, ...]
    energy: Float[Array, "n"]
    dissipation: Float[Array, "n"]
    state: State


def virgin_phases(equations: CellEquations, n: int) -> State:
    """Return the variables of the phases of n virgin cells, shape (n, p, ...)."""
    found: State = {}
    for region, points in zip(equations.regions, equations.points, strict=True):
        for name, value in region.material.initial_state(len(points)).items():
            if name not in SHARED_STATE:
                found |= region.named({name: np.broadcast_to(value, (n, *value.shape)).copy()})
    return found


def respond_of_phases(
    equations: CellEquations,
    strain: Float[Array, "n P v"],
    before: Float[Array, "n P v"],
    state: State,
    dt: float | Float[Array, "n"],
) -> PhaseResponse:
    """Advance all integration points from their states at the beginning of an increment.

    Parameters
    ----------
    equations : CellEquations
    strain, before : array, shape (n, P, v)
        Strains at the end of the increment and at its beginning.
    state : dict of arrays, shape (n, p, ...)
        At its beginning, as in `PhaseResponse`.
    dt : float or array, shape (n,)
    """
    n = len(strain)
    stress = np.empty_like(strain)
    energy, dissipation = np.zeros(n), np.zeros(n)
    changes: list[Array | None] = []
    new: State = {}
    several = len(equations.regions) > 1
    for number, (region, points) in enumerate(zip(equations.regions, equations.points, strict=True)):
        here = points if several else slice(None)
        increment = (strain[:, here] - before[:, here]).reshape(-1, strain.shape[2])
        start = _flat_state(region, before[:, here], state)
        if is_kinematic(region.material):
            own_stress, change, own = _returned(region.material, increment, start)
        else:
            lasting = np.repeat(dt, len(points)) if isinstance(dt, np.ndarray) else dt
            own_stress, moduli, own = region.material.update(increment, start, lasting, True)  # type: ignore[arg-type]
            change = None
            assert moduli is not None
            if type(region.material) is not LinearElastic:
                change = moduli - equations.elastic_moduli[number]
        stress[:, here] = np.reshape(own_stress, (n, len(points), -1))
        weights = equations.weights[here]
        energy += own["energy"].reshape(n, -1) @ weights
        dissipation += own["dissipation"].reshape(n, -1) @ weights
        changes.append(None if change is None else np.reshape(change, (n, len(points), *change.shape[1:])))
        new |= region.named(
            {k: v.reshape(n, len(points), *v.shape[1:]) for k, v in own.items() if k not in SHARED_STATE}
        )
    return PhaseResponse(stress, tuple(changes), energy, dissipation, new)


def is_kinematic(material: Material) -> bool:
    """Return whether a material is under von Mises with nothing but linear kinematic hardening."""
    return type(material) is VonMises and not material.growth.any


def is_quadratic(material: Material) -> bool:
    """Return whether a material has a quadratic energy, and forces never outside of the elastic domain."""
    inner = material.material if isinstance(material, PlaneStress) else material
    if type(inner) is VonMises:
        return inner.rate_independent and inner.growth.saturation == 0.0
    return type(inner) is LinearElastic


def _returned(
    material: Any, increment: Float[Array, "m v"], state: State
) -> tuple[Float[Array, "m v"], Float[Array, "m v v"] | None, State]:
    """Return stress, change of the tangent from the elastic one and state of points under von Mises.

    Parameters
    ----------
    material : VonMises
        With linear kinematic hardening.
    increment : array, shape (m, v)
        Of the strain.
    state : dict of arrays
        At the beginning.
    """
    strain = state["strain"] + increment
    m, v = strain.shape
    plastic, stress, change = state["plastic_strain"].copy(), np.empty((m, v)), np.empty((m, v, v))
    energy, dissipation = np.empty(m), np.empty(m)
    bulk, shear = isotropy.bulk_and_shear(material.young, material.poisson)
    radius = np.sqrt(2.0 / 3.0) * material.yield_stress
    moduli = (bulk, 2.0 * shear, 2.0 / 3.0 * material.hardening, radius, YIELD_TOLERANCE)
    kept = np.arange(6) if material.plane is None else np.array(isotropy.PLANE_COMPONENTS)
    none = np.zeros((v, v))  # so that the tangent is its change
    flows = return_points(strain, plastic, kept, moduli, none, stress, change, energy, dissipation)
    new = {"strain": strain, "plastic_strain": plastic, "energy": energy, "dissipation": dissipation}
    return stress, change if flows else None, new


def _flat_state(region: Region, strain: Float[Array, "n p v"], state: State) -> State:
    """Return the state of a phase as its material knows it, the cells one after another."""
    count = strain.shape[0] * strain.shape[1]
    own = {k: v.reshape(count, *v.shape[2:]) for k, v in region.own(state).items() if k not in SHARED_STATE}
    return {"strain": strain.reshape(count, -1), "energy": np.zeros(count), "dissipation": np.zeros(count)} | own


def require_components(name: str, material: Material, components: int) -> None:
    """Refuse a phase in space for a cell in the plane, and the other way round.

    Parameters
    ----------
    name : str
        Of the phase.
    material : Material
    components : int
        Strain components of the cell.

    Raises
    ------
    CellError
    """
    own = getattr(material, "components", components)
    if own != components:
        where = "in space" if components == 6 else "in the plane"
        raise CellError(
            f"the phase {name or 'of the cell'} has {own} strain components, but the cell is {where} and needs "
            f"{components}"
            + ("" if components == 6 else ': say plane="strain" or plane="stress" where the phase is made')
        )


def locking_of_phases(mesh: Mesh, regions: Sequence[Region]) -> Iterator[str]:
    """Yield a sentence for every elastic phase that hardly changes its volume in elements that lock."""
    for region in regions:
        if type(region.material) is not LinearElastic or region.mean_dilatation:
            continue
        stiffness = region.material.stiffness
        d = mesh.dimension
        normal = stiffness[:d, :d].sum() / d**2
        shear = float(np.linalg.eigvalsh(stiffness[d:, d:])[0])
        kinds = [block.kind for block in mesh.blocks if not RULES[block.kind].edges]
        if normal > STIFF_IN_VOLUME * shear and kinds:
            yield (
                f"the phase {region.name or 'of the cell'} resists a change of volume {normal / shear:.3g} times "
                f"as much as shear, for which {' and '.join(kinds)} cells are too stiff: say "
                "mean_dilatation=True, or use quadratic ones"
            )
