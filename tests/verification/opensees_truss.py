"""A lattice of bars in OpenSees: truss elements with `Steel01`, as an independent peer."""

from __future__ import annotations

import ctypes
import importlib.util
from pathlib import Path

import numpy as np


def load():
    """Return the module ``openseespy.opensees``; raise ImportError with the reason if it cannot be loaded."""
    package = importlib.util.find_spec("openseespylinux")
    if package is not None and package.submodule_search_locations:
        # the wheel brings its libraries but does not find them where the system has none
        folder = Path(package.submodule_search_locations[0]) / "lib"
        for name in ("libquadmath.so.0", "libgfortran.so.4", "libgomp.so.1", "libblas.so.3", "liblapack.so.3"):
            if (folder / name).exists():
                ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_GLOBAL)
    try:
        import openseespy.opensees as opensees
    except RuntimeError as error:
        raise ImportError(f"openseespy is installed but cannot be loaded: {error}") from None
    return opensees


def solve(
    opensees, points, bars, areas, bar, fixed, factors, solver="UmfPack", algorithm="NewtonLineSearch", last=False
):
    """Load a lattice by prescribed displacements.

    Parameters
    ----------
    points, bars, areas : (N, 3), (M, 2), (M,)
    bar : mt.ElastoplasticBar with one number per property
    fixed : dict
        Displacement at load factor 1 by (node, component).
    factors : (T,)
        Load factors at the end of the increments.
    last : bool
        Read the results of the last increment only.

    Returns
    -------
    (displacement, force)
        Shapes (T, N, 3) and (T, M); with ``last``, T is 1.
    """
    ops = opensees
    _build(ops, points, bars, areas, bar)
    ops.timeSeries("Path", 1, "-dt", 1.0, "-values", 0.0, *map(float, factors), float(factors[-1]))
    ops.pattern("Plain", 1, 1)
    for (node, component), value in fixed.items():
        if value == 0.0:
            ops.fix(int(node), *(int(c == component) for c in range(3)))
        else:
            ops.sp(int(node), component + 1, float(value))
    _prepare(ops, points, areas, bar, solver, algorithm)
    displacement, force = [], []
    for step in range(len(factors)):
        if ops.analyze(1) != 0:
            raise RuntimeError(f"OpenSees did not converge in increment {step}")
        if last and step < len(factors) - 1:
            continue
        displacement.append([ops.nodeDisp(node) for node in range(len(points))])
        force.append([ops.basicForce(number)[0] for number in range(len(bars))])
    ops.wipe()
    return np.array(displacement), np.array(force)


def follow(opensees, points, bars, areas, bar, increments, solver="UmfPack", algorithm="NewtonLineSearch"):
    """Load a lattice by increments that need not be proportional; displacements that are left out are released.

    Parameters
    ----------
    points, bars, areas, bar, solver, algorithm
        As in `solve`.
    increments : list of (held, value)
        For every increment which displacements are held, a mask (N, 3), and their values at its end. Those held at
        zero in every increment are fixed for good.

    Returns
    -------
    (displacement, force)
        Shapes (T, N, 3) and (T, M).
    """
    ops = opensees
    _build(ops, points, bars, areas, bar)
    fixed = np.all([held & (value == 0.0) for held, value in increments], axis=0)
    for node in np.flatnonzero(fixed.any(axis=1)):
        ops.fix(int(node), *map(int, fixed[node]))
    ops.timeSeries("Constant", 1)
    displacement, force = [], []
    for number, (held, value) in enumerate(increments, start=1):
        ops.pattern("Plain", number, 1)
        for node, component in np.argwhere(held & ~fixed):
            ops.sp(int(node), int(component) + 1, float(value[node, component]))
        _prepare(ops, points, areas, bar, solver, algorithm)
        if ops.analyze(1) != 0:
            raise RuntimeError(f"OpenSees did not converge in increment {number}")
        displacement.append([ops.nodeDisp(node) for node in range(len(points))])
        force.append([ops.basicForce(index)[0] for index in range(len(bars))])
        ops.remove("loadPattern", number)
        ops.wipeAnalysis()
    ops.wipe()
    return np.array(displacement), np.array(force)


def _build(ops, points, bars, areas, bar):
    ops.wipe()
    ops.model("basic", "-ndm", 3, "-ndf", 3)
    for node, point in enumerate(points):
        ops.node(node, *map(float, point))
    ratio = bar.hardening / (bar.young + bar.hardening)  # post-yield tangent EH/(E + H) over E
    ops.uniaxialMaterial("Steel01", 1, bar.yield_stress, bar.young, ratio)
    for number, ((one, two), area) in enumerate(zip(bars, areas, strict=True)):
        ops.element("truss", number, int(one), int(two), float(area), 1)


def _prepare(ops, points, areas, bar, solver, algorithm):
    ops.constraints("Transformation")
    ops.numberer("RCM")
    ops.system(solver)
    ops.test("NormUnbalance", 1e-11 * float(np.mean(areas)) * bar.yield_stress * np.sqrt(len(points)), 100)
    ops.algorithm(algorithm)  # plain Newton cycles between states at a release
    ops.integrator("LoadControl", 1.0)
    ops.analysis("Static")
