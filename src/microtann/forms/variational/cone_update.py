"""The compiled update of variational TANNs of groups, for many material points at once."""

from __future__ import annotations

from functools import partial

import numpy as np

from microtann.cones.cone_projection import group_arrays
from microtann.cones.octet_response_kernel import lanes_of_groups
from microtann.cones.resistance_kernel import constant_law
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.cone_update_kernel import ConeParts, update_cone_points
from microtann.forms.variational.slip_update import advance_points, quadratic_parts
from microtann.tann.form import PreparedUpdate
from microtann.tann.point import MaterialPoint


def prepare_cone_flow(point: MaterialPoint) -> PreparedUpdate:
    """Return the compiled update of a point of groups.

    It gives what `MaterialPoint.increment` gives at n points, with the consistent tangent if wanted.
    """
    evolution, v = point.evolution, point.components
    assert isinstance(evolution, ConeFlow)
    elastic, driven, extra, scale = quadratic_parts(point)
    gram, first, normals = group_arrays(evolution.sizes, np.asarray(evolution.normals, dtype=np.float64))
    by_group = np.ascontiguousarray(normals.T[: len(gram)])
    resistance = np.ones(len(evolution.sizes))
    parts = ConeParts(
        elastic=elastic,
        coupling=np.ascontiguousarray(driven.T),
        gram=gram,
        fixed=lanes_of_groups(gram, first, resistance),
        law=constant_law(resistance),
        normals=normals,
        normals_by_group=by_group,
        on_groups=np.concatenate([by_group @ driven[:, :v], np.zeros((1, v))]),
        extra=extra,
        scale=scale,
    )
    return partial(advance_points, update_cone_points, parts, "groups", v)
