"""A material of space in a thin sheet: no stress out of its plane."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import ConvergenceError, InputError
from microtann.materials import isotropy
from microtann.materials.protocol import Material, State
from microtann.numbers.checks import check_increment

Array = NDArray[np.float64]
ACROSS = 2
"""Component of the normal strain and stress across the sheet."""
NORMAL_STRAIN = "strain_33"
"""State variable that holds the strain across the sheet."""
TOLERANCE = 1e-13
"""Stress across the sheet, over the stiffness times the strain, that is none."""
ITERATIONS = 60


class PlaneStress:
    """A material of space whose stress across the plane is zero.

    The strain across the plane follows at every point, by Newton's method. The material must not couple it to
    shears out of the plane, as isotropic ones do not.

    Parameters
    ----------
    material : Material
        Of six strain components; in its virgin state its tangent couples no shear out of the plane.

    Raises
    ------
    InputError
        If the material is of another kind.

    Examples
    --------
    >>> import numpy as np
    >>> from microtann import fem
    >>> sheet = fem.PlaneStress(fem.VonMises(young=1.0, yield_stress=1 / 3, hardening=0.1))
    >>> bar = np.array([[0.5, -0.1, 0.0]])
    >>> stress, tangent, state = sheet.update(bar, sheet.initial_state(1))
    >>> stress.shape, float(np.round(state["strain_33"][0], 3))
    ((1, 3), -0.224)
    """

    def __init__(self, material: Material) -> None:
        known = getattr(material, "components", None)
        if known not in (None, 6):
            raise InputError(f"a sheet in plane stress is of a material of space, with 6 strains, got {known}")
        self.material = material
        _, moduli, _ = material.update(np.zeros((1, 6)), material.initial_state(1), 1.0, True)
        assert moduli is not None
        self._size = float(np.abs(moduli[0]).max())
        shears = [3, 4]
        plane = [*isotropy.PLANE_COMPONENTS, ACROSS]
        if np.abs(moduli[0][np.ix_(plane, shears)]).max() > 1e-12 * self._size:
            raise InputError("the material couples strains in the plane to shears out of it: it is no sheet's")

    def __repr__(self) -> str:
        return f"PlaneStress({self.material!r})"

    @property
    def components(self) -> int:
        """Strain components of the plane."""
        return 3

    @property
    def rate_independent(self) -> bool:
        """Whether durations do not matter, as the material says."""
        return bool(getattr(self.material, "rate_independent", True))

    def initial_state(self, n: int) -> State:
        """Return the virgin state: that of the material, and the strain across the sheet."""
        own = self.material.initial_state(n)
        return own | {"strain": np.zeros((n, 3)), NORMAL_STRAIN: np.zeros(n)}

    def out_of_plane(self, state: State) -> tuple[Float[Array, "*n"], Float[Array, "*n"]]:
        """Return strain 33, and stress 33, which is zero."""
        return state[NORMAL_STRAIN], np.zeros_like(state[NORMAL_STRAIN])

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float | Float[Array, "n"] = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance all points by one increment; see `microtann.materials.protocol.Material.update`.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
            Voigt order, engineering shear.
        state : dict of arrays
            As `initial_state` returns it; never modified.
        dt : float or array, shape (n,)
            Duration of the increment; an array if the material takes one.
        tangent : bool
            Whether the consistent tangent is wanted.

        Raises
        ------
        InputError
            If a strain increment is not finite.
        ConvergenceError
            If no strain across the sheet was found; it names the points.
        """
        check_increment(strain_increment)
        kept = list(isotropy.PLANE_COMPONENTS)
        before = np.zeros((len(strain_increment), 6))
        before[:, kept], before[:, ACROSS] = state["strain"], state[NORMAL_STRAIN]
        start = {k: v for k, v in state.items() if k != NORMAL_STRAIN} | {"strain": before}
        move = np.zeros_like(before)
        move[:, kept] = strain_increment
        low, high = np.full(len(move), -np.inf), np.full(len(move), np.inf)
        for _ in range(ITERATIONS):
            stress, moduli, new = self.material.update(move, start, dt, True)  # type: ignore[arg-type]
            assert moduli is not None
            across, at = np.array(stress[:, ACROSS]), move[:, ACROSS].copy()
            left = np.abs(across) > TOLERANCE * self._size * np.abs(before + move).max(axis=1)
            if not left.any():
                break
            low, high = np.where(across < 0.0, at, low), np.where(across > 0.0, at, high)
            newton = at - across / moduli[:, ACROSS, ACROSS]
            beyond = left & ((newton <= low) | (newton >= high))  # the stress rises with the strain
            newton[beyond] = 0.5 * (low[beyond] + high[beyond])
            move[:, ACROSS] = np.where(left, newton, at)
        else:
            points = np.flatnonzero(left)[:8].tolist()
            raise ConvergenceError(
                f"no strain across the sheet was found at the points {', '.join(map(str, points))}; use smaller "
                "increments",
                worst=points,
            )
        new = new | {"strain": (before + move)[:, kept], NORMAL_STRAIN: (before + move)[:, ACROSS]}
        plain = np.array(stress[:, kept])
        if not tangent:
            return plain, None, new
        own = moduli[:, kept][:, :, kept]
        one, other = moduli[:, kept, ACROSS], moduli[:, ACROSS][:, kept]
        condensed = own - one[:, :, None] * (other / moduli[:, ACROSS, ACROSS][:, None])[:, None]
        return plain, condensed, new
