"""One run of a peer: a script for the Python that has it, which needs nothing else of this repository.

``PYTHON _peer_run.py felupe|felupe-amg|torch-fem SIZE TOLERANCE``: a unit cube of SIZE³ hexahedra under von Mises
with linear isotropic hardening, base and top held, pulled by 0.5 % in five increments. A small run before compiles
and imports what it needs. Printed as JSON are CPU seconds, Newton iterations where the peer counts them, the force
on the top, and versions.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib import metadata
from typing import Any

import numpy as np

YOUNG, POISSON, STRENGTH, HARDENING = 210e3, 0.3, 300.0, 2e3
PULL, INCREMENTS = 0.005, 5
LINEAR_TOLERANCE = 1e-6
"""Of conjugate gradients in FElupe: a Newton iteration then is as good as with a direct solver."""


def felupe(size: int, tolerance: float, multigrid: bool) -> dict[str, Any]:
    """Return force on the top and Newton iterations of FElupe, with its direct solver or with pyamg."""
    import felupe as fe  # type: ignore[import-not-found]
    import pyamg

    field = fe.FieldContainer([fe.Field(fe.RegionHexahedron(fe.Cube(n=size + 1)), dim=3)])
    lame = YOUNG * POISSON / ((1 + POISSON) * (1 - 2 * POISSON)), YOUNG / (2 * (1 + POISSON))
    law = fe.MaterialStrain(
        material=fe.linear_elastic_plastic_isotropic_hardening,
        λ=lame[0],
        μ=lame[1],
        σy=STRENGTH,
        K=HARDENING,
        statevars=(1, (3, 3)),
    )
    solid = fe.SolidBody(law, field)
    boundaries = {
        "base": fe.Boundary(field[0], fz=0.0),
        "sides": fe.Boundary(field[0], fz=1.0, skip=(False, False, True)),
        "pull": fe.Boundary(field[0], fz=1.0, skip=(True, True, False)),
    }
    _, free = fe.dof.partition(field, boundaries)
    points = field.region.mesh.points
    modes = np.zeros((len(points), 3, 6))
    modes[:, range(3), range(3)] = 1.0
    modes[:, :, 3:] = np.cross(np.eye(3)[None], points[:, None] - points.mean(axis=0)).transpose(0, 2, 1)
    modes = modes.reshape(-1, 6)[free]

    def iterate(matrix: Any, force: Any) -> Any:
        hierarchy = pyamg.smoothed_aggregation_solver(matrix.tocsr(), B=modes, symmetry="symmetric")
        return hierarchy.solve(np.asarray(force).ravel(), tol=LINEAR_TOLERANCE, accel="cg")

    step = fe.Step(
        [solid],
        ramp={boundaries["pull"]: PULL * np.arange(1, INCREMENTS + 1) / INCREMENTS},
        boundaries=boundaries,
    )
    solver = {"solver": iterate} if multigrid else {}
    results = list(step.generate(x0=field, tol=tolerance, verbose=0, **solver))
    force = fe.tools.force(field, results[-1].fun, boundaries["pull"])[2]
    return {"newton": sum(int(result.iterations) for result in results), "force": abs(float(force))}


def torch_fem(size: int, tolerance: float) -> dict[str, Any]:
    """Return force on the top of torch-fem with the solver that it chooses."""
    import torch
    from torchfem import Solid  # type: ignore[import-not-found]
    from torchfem.materials import IsotropicPlasticity3D  # type: ignore[import-not-found]
    from torchfem.mesh import cube_hexa  # type: ignore[import-not-found]

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    nodes, elements = cube_hexa(size + 1, size + 1, size + 1)
    law = IsotropicPlasticity3D(YOUNG, POISSON, lambda q: STRENGTH + HARDENING * q, lambda q: HARDENING)
    model = Solid(nodes, elements, law)
    base, top = nodes[:, 2] < 1e-9, nodes[:, 2] > 1 - 1e-9
    model.constraints[base | top] = True
    model.displacements[top, 2] = PULL
    steps = torch.linspace(0.0, 1.0, INCREMENTS + 1)
    with torch.no_grad():
        _, force, *_ = model.solve(increments=steps, rtol=tolerance, atol=0.0)
    return {"newton": None, "force": abs(float(force[top, 2].sum()))}


RUNS = {
    "felupe": (lambda size, tolerance: felupe(size, tolerance, False), ("felupe", "scipy")),
    "felupe-amg": (lambda size, tolerance: felupe(size, tolerance, True), ("felupe", "pyamg")),
    "torch-fem": (torch_fem, ("torch-fem", "torch")),
}
"""Runs and the packages behind them."""


def main() -> None:
    """Print what a run took."""
    name, size, tolerance = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    warnings.simplefilter("ignore")
    run, packages = RUNS[name]
    run(3, tolerance)
    start = time.process_time()
    found = run(size, tolerance)
    found["cpu_s"] = time.process_time() - start
    print(json.dumps(found | {"versions": {package: metadata.version(package) for package in packages}}))


if __name__ == "__main__":
    main()
