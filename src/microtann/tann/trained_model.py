"""The trained model: one increment of a material point, recall along strain paths, and decoding."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property, partial

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike, NDArray

from microtann.materials.protocol import State
from microtann.microstructure.protocol import Microstructure
from microtann.microstructure.real_material import RealMaterial
from microtann.numbers.checks import check_dt, check_increment, check_strain_paths, require_float64
from microtann.numbers.coordinates import split
from microtann.numbers.range_policy import check_policy, outside_paths, warn_or_raise
from microtann.tann.differentiated_points import advance_by_differentiation, decode_points
from microtann.tann.energy import Energy
from microtann.tann.error_bound import ErrorBound, bound_decoded
from microtann.tann.evolution import Evolution
from microtann.tann.form import PreparedUpdate, compiled_update
from microtann.tann.information import Information
from microtann.tann.model_file import write_model
from microtann.tann.point import MaterialPoint
from microtann.tann.real_units import scaled_model
from microtann.tann.recall import Recall, compiled_virgin_state, follow_paths
from microtann.tann.reduction import Reduction
from microtann.tann.safe import held_point
from microtann.tann.scaling import Scaling
from microtann.tann.state_update import advance_state

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

    def __repr__(self) -> str:
        of = "" if self.microstructure is None else f", of {self.microstructure.description}"
        return f"TANN(form {self.form!r}, {self.states} ISVs, {self.components} strain components{of})"

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
    def components(self) -> int:
        """Number of strain components, v."""
        return self.information.components

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Name and shape of each group of internal coordinates that it decodes, in their order."""
        return self.information.coordinate_shapes

    @property
    def converged(self) -> bool | None:
        """Whether training had converged, if its form tells; "convergence" in the provenance says more."""
        said = self.information.provenance.get("convergence")
        return None if said is None else said.startswith("converged")

    @property
    def states(self) -> int:
        """Number of internal state variables."""
        return self.point.states

    def virgin_state(self) -> Float[Array, "z"]:
        """Return Z of the undeformed, unstressed material."""
        return compiled_virgin_state(self.point)

    def recall(
        self,
        strain: ArrayLike,
        dt: ArrayLike = 1.0,
        decode: bool = False,
        extra: ArrayLike | None = None,
        outside_training: str = "warn",
        bound: bool = False,
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
        outside_training : {"warn", "none", "error"}
            What is done where a path leaves the range of the training data, where nothing is known of the errors.
            How far it does is in the result in any case.
        bound : bool
            Whether to bound the errors of stress and plastic strains, for models of a microstructure whose
            inelasticity are hardening slips, such as lattices, and that decode them
            (`microtann.tann.error_bound`). The bound is rigorous and costs less than solving the cell, but it is
            loose: it adds up over a path what errors forget. After 100 steps of a walk it is about twenty times
            the error of the plastic strains, and as large as the stress.

        Returns
        -------
        Recall

        Raises
        ------
        InputError
            If an array has the wrong shape or is not finite, or errors cannot be bounded.
        TrainingRangeError
            If a path leaves the range of the training data and that is an error.
        """
        require_float64()
        check_policy(outside_training)
        strain = check_strain_paths(strain, self.components)
        shape = strain.shape[:-1]
        driving = self.information.driving(strain, extra)
        paths = driving.reshape(-1, *driving.shape[-2:])
        durations = check_dt(dt, shape).reshape(paths.shape[:2])
        result = follow_paths(self.point, paths, durations)
        stress, state, energy, dissipation, slopes = (a.reshape(*shape, *a.shape[2:]) for a in result)
        conjugates = {name: slopes[..., i] for i, name in enumerate(self.information.extra_names)}
        coordinates = self._decode(state, driving) if decode else {}
        reach = self._reach(strain, np.diff(strain, axis=-2, prepend=np.zeros_like(strain[..., :1, :])), state)
        if reach is not None and reach.max() > 1.0:
            warn_or_raise(outside_training, outside_paths(reach), level=2)
        errors = self._bound(strain, stress, state) if bound else None
        return Recall(strain, stress, energy, dissipation, state, coordinates, reach, conjugates, errors)

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
        """
        check_increment(strain_increment)
        update = self._compiled_update
        if update is None:
            return self.update_by_differentiation(strain_increment, state, dt, tangent)
        return advance_state(update, strain_increment, state, dt, tangent)

    @cached_property
    def _compiled_update(self) -> PreparedUpdate | None:
        """The compiled update of the form with the arrays of this point; None if its parts are others."""
        compiled = compiled_update(self.form, self.point)
        return None if compiled is None else compiled.prepare(self.point)

    def training_reach(self, before: State, after: State) -> Float[Numbers, "n"] | None:
        """Return how far increments of ``n`` material points reach in the range of the training data.

        It is 1 on the border of the range and 1.3 where a point is 30 % outside, in strain, in the increment (for
        an evolution that reads it), or in the internal state variables.

        Parameters
        ----------
        before, after : dict of arrays
            States of the points before and after `update`.

        Returns
        -------
        array, shape (n,), or None
            None if the model does not know its range.
        """
        return self._reach(after["strain"], after["strain"] - before["strain"], after["isv"])

    def _reach(
        self,
        strain: Float[Numbers, "*batch v"],
        increment: Float[Numbers, "*batch v"],
        state: Float[Numbers, "*batch z"],
    ) -> Float[Numbers, "*batch"] | None:
        training_range = self.information.training_range
        if training_range is None:
            return None
        return training_range.reach(strain, increment if self.evolution.reads_increment else None, state)

    def update_by_differentiation(
        self,
        strain_increment: Float[Numbers, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Numbers, "n v"], Float[Numbers, "n v v"] | None, State]:
        """Do what `update` does by automatic differentiation, for any energy and evolution.

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
        """
        require_float64()
        return advance_state(partial(advance_by_differentiation, self.point), strain_increment, state, dt, tangent)

    def decode(self, state: Mapping[str, ArrayLike]) -> dict[str, Numbers]:
        """Return the internal coordinates of given states, by the name of their group.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            "isv" (..., z) and "strain" (..., v), as in the state of a finite-element result, and "extra" (..., e)
            for models trained with extra state variables.

        Returns
        -------
        dict of arrays, shape (..., *group)
            For lattices "displacement" (N, d) of the nodes and "force" (M,) of the bars of the cell.

        Examples
        --------
        What happens in the cells at the Gauss points of a finite-element result:

        >>> import microtann as mt
        >>> tann, mesh = mt.load("cube"), mt.fem.box((1, 1, 1), (2, 2, 2))
        >>> sides = [mt.fem.Prescribed(lambda x: x[:, 2] >= 0, a, lambda x: 0.2 * x[:, 2]) for a in "xyz"]
        >>> result = mt.fem.Model(mesh, tann).solve([mt.fem.Step(sides)])
        >>> tann.decode(result.state)["force"].shape  # of every bar, at every Gauss point of every element
        (8, 8, 28)
        """
        strain = np.asarray(state["strain"], dtype=np.float64)
        driving = self.information.driving(strain, state.get("extra"))
        return self._decode(np.asarray(state["isv"], dtype=np.float64), driving)

    def safe(self, limit: float | None = None) -> TANN:
        """Return the model with an evolution that is held to −T · ΔZ ≥ 0 and |ΔZ| ≤ C |ΔE|, whatever its weights.

        Forms whose evolution is a network need it; "play" and "variational" keep the second law as they are. The
        model can be saved, loaded and used like any other; see `microtann.tann.safe.SafeEvolution`. Its states
        should be those of residual coordinates: where they carry the strain itself, −T·ΔZ is no dissipation, and
        what holds it to be one costs the accuracy; a warning says so.

        Parameters
        ----------
        limit : float, optional
            C, for Z and the driving variables in scaled units. By default twice what 99 % of the model's own
            increments stay below on random walks within its training range.

        Raises
        ------
        InputError
            If the limit is not positive and finite, or none is given and it cannot be measured.

        Examples
        --------
        >>> import microtann as mt
        >>> mt.load("cube").safe(limit=10.0).form
        'play'
        """
        return TANN(held_point(self.point, self.information.training_range, limit), self.information)

    def in_units(
        self, young: float, yield_strain: float, length: float = 1.0, hardening: float | None = None
    ) -> TANN:
        """Return the same model for a real material of the same ratio of hardening H/E.

        Shipped models are those of dimensionless lattices (E = 1, yield strain 1/3, H = E/10, edges of 1). Strains
        are multiplied by the ratio of the yield strains, stresses by that of the products of modulus and yield
        strain, energies, range and decoded fields as follows; states have no unit. The result is a model like any
        other: it is saved, and used in finite elements, hybrids and evaluations.

        Parameters
        ----------
        young : float
            Young modulus E of the bars, in any unit of stress.
        yield_strain : float
            Strain at first yield k/E, k being the yield stress.
        length : float
            What a length of 1 of the cell becomes, in any unit; forces are those of stress times length squared,
            in the plane of stress times length.
        hardening : float, optional
            Hardening modulus H; if it is given, its ratio to E is compared with that of the model.

        Raises
        ------
        InputError
            If a number is out of range, the ratio of hardening is another, or the model says too little of its
            lattice and its coordinates.

        Examples
        --------
        Steel (210 GPa, yield at 0.15 %, H = 21 GPa), cells of 2 mm:

        >>> import numpy as np, microtann as mt
        >>> steel = mt.load("cube").in_units(young=210e3, yield_strain=1.5e-3, length=2.0, hardening=21e3)
        >>> path = np.linspace(0.0, 2e-3, 5)[1:, None] * np.eye(6)[0]
        >>> reference = mt.load("cube").recall(path / 4.5e-3)  # whose yield strain is 1/3
        >>> bool(np.allclose(steel.recall(path).stress, 210e3 * 4.5e-3 * reference.stress))
        True
        """
        material = RealMaterial(young, yield_strain, length, hardening)
        return TANN(*scaled_model(self.point, self.information, material))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, atomically; see `microtann.tann.model_file.write_model`."""
        write_model(self.point, self.information, path)

    def _bound(
        self,
        strain: Float[Numbers, "*batch v"],
        stress: Float[Numbers, "*batch v"],
        state: Float[Numbers, "*batch z"],
    ) -> ErrorBound:
        """Return bounds of the errors along paths from the virgin state."""
        known = None if self.information.extra_names else self.microstructure
        virgin = np.broadcast_to(np.asarray(self.virgin_state()), state[..., :1, :].shape)
        return bound_decoded(known, self._decode, strain, stress, np.concatenate([virgin, state], axis=-2))

    def _decode(self, state: Numbers, driving: Numbers) -> dict[str, Numbers]:
        points = (a.reshape(-1, a.shape[-1]) for a in (state, driving / np.asarray(self.scaling.driving)))
        found = decode_points(self.point, *points)
        return split(found.reshape(*state.shape[:-1], found.shape[1]), self.information.coordinate_shapes)
