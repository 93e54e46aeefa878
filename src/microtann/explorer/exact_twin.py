"""The exact cell as a model: a microstructure of slips is a variational TANN with as many states as slips.

It is exported like any other, so that the same C, which solves coupled slips exactly, answers beside the model.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.slip_reduction import root_of
from microtann.forms.variational.slip_start import square_roots
from microtann.microstructure.protocol import Microstructure
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.information import Information
from microtann.tann.pod import PODReduction
from microtann.tann.point import MaterialPoint
from microtann.tann.scaling import Scaling
from microtann.tann.trained_model import TANN


def exact_twin(microstructure: Microstructure) -> TANN | None:
    """Return the TANN that a microstructure of slips is; None if it has other inelasticity.

    Parameters
    ----------
    microstructure : Microstructure
        Whose decoded coordinates are linear in strain and slips, as those of lattices and frames are.
    """
    problem = microstructure.slip_problem() if microstructure.solvable else None
    if problem is None:
        return None
    root, inverse = square_roots(problem.hessian)
    coupling = inverse @ problem.coupling
    v, m, shapes = microstructure.components, problem.count, microstructure.coordinate_shapes
    strain = np.concatenate([np.eye(v), np.zeros((m, v))])
    slips = np.concatenate([np.zeros((v, m)), inverse])
    groups = microstructure.decode({"strain": strain, problem.variable: slips})
    response = np.concatenate([groups[name].reshape(v + m, -1) for name in shapes], axis=1).T
    elastic, modes = response[:, :v], response[:, v:]
    point = MaterialPoint(
        reduction=PODReduction(jnp.asarray(elastic), jnp.ones(len(elastic)), jnp.asarray(modes), jnp.ones(m)),
        energy=DecoupledQuadraticEnergy(
            jnp.asarray(root_of(problem.elasticity - coupling.T @ coupling)),
            jnp.asarray(coupling),
            jnp.zeros((0, 0)),
        ),
        evolution=MultisurfaceFlow(jnp.asarray(root / problem.resistance)),
        scaling=Scaling(jnp.ones(v), jnp.asarray(1.0)),
        components=v,
    )
    return TANN(point, Information("variational", v, dict(shapes), microstructure=microstructure))
