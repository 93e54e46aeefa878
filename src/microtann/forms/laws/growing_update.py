"""The compiled update of groups whose resistances grow, for many material points at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.cones.cone_projection import group_arrays
from microtann.cones.growing_projection import law_of
from microtann.forms.laws.growing_flow import GrowingFlow, HardeningEnergy
from microtann.forms.laws.growing_update_kernel import GrowingParts, update_growing_points
from microtann.forms.variational.slip_update import advance_points, quadratic_parts
from microtann.tann.form import PointUpdate, PreparedUpdate
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]


def prepare_growing_flow(point: MaterialPoint) -> PreparedUpdate:
    """Return the compiled update of a point of groups whose resistances grow.

    It gives what `MaterialPoint.increment` gives at n points, with the consistent tangent if wanted.
    """
    energy, evolution, v = point.energy, point.evolution, point.components
    assert isinstance(energy, HardeningEnergy)
    assert isinstance(evolution, GrowingFlow)
    elastic, driven, extra, scale = quadratic_parts(replace(point, energy=energy.quadratic))
    gram, first, normals = group_arrays(evolution.sizes, np.asarray(evolution.normals, dtype=np.float64))
    by_group = np.ascontiguousarray(normals.T[: len(gram)])
    parts = GrowingParts(
        elastic=elastic,
        coupling=np.ascontiguousarray(driven.T),
        gram=gram,
        first=first,
        law=law_of(np.asarray(evolution.laws(energy), dtype=np.float64)),
        normals=normals,
        normals_by_group=by_group,
        on_groups=np.ascontiguousarray(by_group @ driven[:, :v]),
        extra=extra,
        scale=scale,
        dt=1.0,
    )

    def update(
        driving: Float[Array, "n y"],
        state: Float[Array, "n z"],
        increment: Float[Array, "n y"],
        dt: float,
        tangent: bool,
    ) -> PointUpdate:
        """Advance n points; see `microtann.tann.form.PreparedUpdate`."""
        now = parts._replace(dt=dt)
        return advance_points(update_growing_points, now, "groups", v, driving, state, increment, dt, tangent)

    return update
