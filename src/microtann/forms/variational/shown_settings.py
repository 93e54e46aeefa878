"""Settings of the form that a trained point shows, with which it is trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.viscous_flow import ViscousFlow
from microtann.tann.point import MaterialPoint


def shown_by(point: MaterialPoint) -> dict[str, Any]:
    """Return the numbers of states, slips and hidden units, the size of groups, and the viscosity of a point.

    Parameters
    ----------
    point : MaterialPoint
        Of the form "variational".
    """
    evolution, energy = point.evolution, point.energy
    assert isinstance(evolution, MultisurfaceFlow | ViscousFlow | ConeFlow)
    values: dict[str, Any] = {"states": point.states, "slips": evolution.normals.shape[1]}
    if isinstance(evolution, ConeFlow):
        values["group_size"] = max(evolution.sizes)
    if isinstance(evolution, ViscousFlow):
        values["viscosity"] = float(np.exp(evolution.log_viscosity))
        values["rate_exponent"] = float(np.exp(evolution.log_exponent))
    if isinstance(energy, ConvexEnergy):
        values["convex"] = len(energy.offsets)
    return values
