"""The trained model: one increment of a material point, recall along strain paths, and decoding."""

from __future__ import annotations

import os

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike, NDArray

from microtann.checks import as_floats, check_dt, check_increment, check_strain_paths, require_float64
from microtann.coordinates import split
from microtann.errors import InputError
from microtann.homogenisation.lattice import Lattice
from microtann.homogenisation.microstructure import Microstructure
from microtann.lattice.bar import ElastoplasticBar
from microtann.lattice.cell import UnitCell
from microtann.materials.protocol import State
from microtann.tann.batches import padded, rounded
from microtann.tann.energy import Energy
from microtann.tann.evolution import Evolution
from microtann.tann.file import write_model
from microtann.tann.form import FORMS
from microtann.tann.information import Information
from microtann.tann.point import Increment, MaterialPoint
from microtann.tann.recall import Recall, follow_paths
from microtann.tann.reduction import Reduction
from microtann.tann.scaling import Scaling

Numbers = NDArray[np.float64]


class TANN(eqx.Module):
    """Thermodynamics-based artificial neural network of a microstructured material (paper, Section III.C).

    A TANN follows the `microtann.fem.Material` protocol.

    Parameters
    ----------
    point : MaterialPoint
        The trained computation of one increment.
    information : Information
        Metadata, which do not enter the computation.
    """

    point: MaterialPoint
    information: Information = eqx.field(static=True)

    @property
    def reduction(self) -> Reduction:
        """Encoder and decoder between internal coordinates and internal state variables."""
        return self.point.reduction

    @property
    def energy(self) -> Energy:
        """Free energy, in scaled units."""
        return self.point.energy

    @property
    def evolution(self) -> Evolution:
        """Evolution of the internal state variables."""
        return self.point.evolution

    @property
    def scaling(self) -> Scaling:
        """Scales of the variables."""
        return self.point.scaling

    @property
    def form(self) -> str:
        """Name of the form: how reduction, energy and evolution are built."""
        return self.information.form

    @property
    def microstructure(self) -> Microstructure | None:
        """What the model stands for, if it is known."""
        return self.information.microstructure

    @property
    def cell(self) -> UnitCell | None:
        """The cell that the model was trained on, if it was trained on a lattice."""
        return self.microstructure.cell if isinstance(self.microstructure, Lattice) else None

    @property
    def bar(self) -> ElastoplasticBar | None:
        """The bar material that the model was trained on, if it was trained on a lattice."""
        return self.microstructure.bar if isinstance(self.microstructure, Lattice) else None

    @property
    def components(self) -> int:
        """Number of strain components, v."""
        return self.information.components

    @property
    def states(self) -> int:
        """Number of internal state variables."""
        return self.point.states

    def virgin_state(self) -> Float[Array, "z"]:
        """Return Z of the undeformed, unstressed material."""
        return self.point.virgin_state()

    def recall(
        self,
        strain: ArrayLike,
        dt: ArrayLike = 1.0,
        decode: bool = False,
        extra: ArrayLike | None = None,
    ) -> Recall:
        """Return the response along strain paths from the virgin state, the model's own state being fed back.

        Parameters
        ----------
        strain : array, shape (T, v) or (B, T, v)
            Total strain at the end of each increment.
        dt : float or array, shape (T,) or (B, T)
            Durations of the increments.
        decode : bool
            Whether to decode the internal coordinates too.
        extra : array, shape (T, e) or (B, T, e), optional
            Extra state variables at the end of each increment, for models trained with some.

        Returns
        -------
        Recall

        Raises
        ------
        InputError
            If an array has the wrong shape or is not finite.
        """
        require_float64()
        strain = check_strain_paths(strain, self.components)
        shape = strain.shape[:-1]
        driving = np.concatenate([strain, self._check_extra(extra, shape)], axis=-1)
        paths = driving.reshape(-1, *driving.shape[-2:])
        durations = check_dt(dt, shape).reshape(paths.shape[:2])
        result = follow_paths(self.point, paths, durations)
        stress, state, energy, dissipation, slopes = (a.reshape(*shape, *a.shape[2:]) for a in result)
        conjugates = {name: slopes[..., i] for i, name in enumerate(self.information.extra_names)}
        coordinates = self._decode(state, driving) if decode else {}
        return Recall(stress, energy, dissipation, state, coordinates, conjugates)

    def initial_state(self, n: int) -> State:
        """Return the virgin state of ``n`` material points (`microtann.fem.Material`).

        Models with extra state variables keep them in "extra", at zero; set them to impose other values.
        """
        zeros = np.zeros(n)
        state = {
            "strain": np.zeros((n, self.components)),
            "isv": np.tile(np.asarray(self.virgin_state()), (n, 1)),
            "energy": zeros,
            "dissipation": zeros.copy(),
        }
        if self.information.extra_names:
            state["extra"] = np.zeros((n, len(self.information.extra_names)))
        return state

    def update(
        self,
        strain_increment: Float[Numbers, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Numbers, "n v"], Float[Numbers, "n v v"] | None, State]:
        """Advance ``n`` material points by one increment (`microtann.fem.Material`).

        The tangent is the exact derivative of the stress with respect to the strain increment. Forms that have
        one use their compiled update, which takes a fraction of a microsecond per point; all others, and parts
        that are not those the update was written for, are differentiated (`update_by_differentiation`).

        Raises
        ------
        InputError
            If a strain increment is not finite.
        """
        check_increment(strain_increment)
        compiled = FORMS[self.form].compiled if self.form in FORMS else None
        if compiled is None or not compiled.fits(self.point):
            return self.update_by_differentiation(strain_increment, state, dt, tangent)
        extra = state.get("extra", np.zeros((len(strain_increment), 0)))
        driving = np.concatenate([state["strain"], extra], axis=1)
        increment = np.concatenate([strain_increment, np.zeros_like(extra)], axis=1)
        result = compiled.update(self.point, driving, state["isv"], increment, float(dt), tangent)
        changed = {
            "strain": state["strain"] + strain_increment,
            "isv": result.state,
            "energy": result.energy,
            "dissipation": result.dissipation,
        }
        return result.stress, result.tangent, state | changed

    def update_by_differentiation(
        self,
        strain_increment: Float[Numbers, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Numbers, "n v"], Float[Numbers, "n v v"] | None, State]:
        """Do what `update` does by automatic differentiation, for any energy and evolution.

        Points are padded to a power of two, so that few sizes are ever compiled.
        """
        require_float64()
        n = len(strain_increment)
        extra = state.get("extra", np.zeros((n, 0)))
        given = (
            np.concatenate([state["strain"], extra], axis=1),
            state["isv"],
            np.concatenate([strain_increment, np.zeros_like(extra)], axis=1),
        )
        driving, isv, increment = (jnp.asarray(padded(a, rounded(n))) for a in given)
        result, stiffness = _update(self.point, driving, isv, increment, jnp.asarray(float(dt)), tangent)
        stress, after, energy, dissipation, _ = (np.asarray(a)[:n] for a in result)
        new_state: State = state | {
            "strain": state["strain"] + strain_increment,
            "isv": after,
            "energy": energy,
            "dissipation": dissipation,
        }
        return stress, np.asarray(stiffness)[:n] if tangent else None, new_state

    def decode(
        self, state: Float[Numbers, "*batch z"], strain: Float[Numbers, "*batch v"], extra: ArrayLike | None = None
    ) -> dict[str, Numbers]:
        """Return the internal coordinates of given states and strains, by the name of their group."""
        strain = np.asarray(strain, dtype=np.float64)
        driving = np.concatenate([strain, self._check_extra(extra, strain.shape[:-1])], axis=-1)
        return self._decode(np.asarray(state, dtype=np.float64), driving)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, atomically; see `microtann.tann.file.write_model`."""
        write_model(self.point, self.information, path)

    def _check_extra(self, extra: ArrayLike | None, shape: tuple[int, ...]) -> Numbers:
        names = self.information.extra_names
        if extra is None:
            if names:
                raise InputError(f"this model needs the extra state variables {', '.join(names)}: give extra=...")
            return np.zeros((*shape, 0))
        array = as_floats("extra", extra)
        if array.shape != (*shape, len(names)) or not np.isfinite(array).all():
            raise InputError(f"extra must be finite with shape {(*shape, len(names))}, got {array.shape}")
        return array

    def _decode(self, state: Numbers, driving: Numbers) -> dict[str, Numbers]:
        points = [a.reshape(-1, a.shape[-1]) for a in (state, driving / np.asarray(self.scaling.driving))]
        n = len(points[0])
        filled = (jnp.asarray(padded(a, rounded(n))) for a in points)
        coordinates = np.asarray(_decode_points(self.point, *filled))[:n]
        return split(coordinates.reshape(*state.shape[:-1], -1), self.information.coordinate_shapes)


@eqx.filter_jit
def _update(
    material: MaterialPoint,
    driving: Float[Array, "n y"],
    state: Float[Array, "n z"],
    increment: Float[Array, "n y"],
    dt: Float[Array, ""],
    tangent: bool,
) -> tuple[Increment, Float[Array, "n v v"] | None]:
    def point(
        driving: Float[Array, "y"], state: Float[Array, "z"], increment: Float[Array, "y"]
    ) -> tuple[Increment, Float[Array, "v v"] | None]:
        def stress(increment: Float[Array, "y"]) -> tuple[Float[Array, "v"], Increment]:
            result = material.increment(driving, state, increment, dt)
            return result.stress, result

        if not tangent:
            return stress(increment)[1], None
        stiffness, result = jax.jacfwd(stress, has_aux=True)(increment)
        return result, stiffness[:, : material.components]

    return jax.vmap(point)(driving, state, increment)


@eqx.filter_jit
def _decode_points(
    material: MaterialPoint, state: Float[Array, "n z"], driving: Float[Array, "n y"]
) -> Float[Array, "n c"]:
    return jax.vmap(material.reduction.decode)(state, driving)
