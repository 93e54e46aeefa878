"""Started by ``mpiexec``: FEniCSx beside our own finite elements; the first process prints differences."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import microtann as mt
from microtann.errors import ConvergenceError, LimitLoadError, LockingWarning, TrainingRangeError
from microtann.fenicsx import DistributedModel

QUIET = mt.fem.SolverOptions(outside_training="none")


def twist(height: float, increments: int = 1, angle: float = 80.0) -> mt.fem.Step:
    """Return a step that turns the top of a prism on a fixed base."""
    radians = np.radians(angle)
    turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]]) - np.eye(2)

    def top(x: Any) -> Any:
        return np.isclose(x[:, 2], height)

    held = [mt.fem.Prescribed(lambda x: np.isclose(x[:, 2], 0.0), axis, 0.0) for axis in "xyz"]
    moved = [mt.fem.Prescribed(top, k, lambda x, k=k: x[:, :2] @ turn[k]) for k in range(2)]
    return mt.fem.Step([*held, *moved], increments=increments)


def prism(kind: str = "hexahedron") -> mt.fem.Mesh:
    """Return a coarse prism, two materials of which would fill it."""
    mesh = mt.fem.box((10, 10, 20), (2, 2, 4), (-5, -5, 0), kind)
    lower = mesh.centres[:, 2] < 10.0
    return mesh.named(regions={"lower": lower, "upper": ~lower})


def curved() -> mt.fem.Mesh:
    """Return a prism one element of which is curved."""
    mesh = prism("tetra10")
    points = np.array(mesh.points)
    amid = mesh.cells[0, 4:]
    inside = [node for node in amid if np.abs(points[node, :2]).max() < 4.9 and 0.1 < points[node, 2] < 19.9]
    points[inside[0]] += 0.1
    return mt.fem.Mesh(points, mesh.cells, "tetra10", mesh.regions)


def mixed() -> mt.fem.Mesh:
    """Return the prism with hexahedra below, and above wedges beside pyramids."""
    lower, upper = (
        mt.fem.box((10, 10, 10), (2, 2, 2), (-5, -5, 0)),
        mt.fem.box((10, 10, 10), (2, 2, 2), (-5, -5, 10)),
    )
    left = upper.centres[:, 0] < 0.0
    wedges = np.concatenate([upper.cells[left][:, list(cut)] for cut in ((3, 2, 6, 0, 1, 5), (3, 6, 7, 0, 5, 4))])
    sides = ((0, 1, 2, 3), (4, 7, 6, 5), (0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0))
    right, count = upper.cells[~left], len(lower.points)
    tops = len(upper.points) + np.arange(len(right))
    pyramids = np.concatenate([np.column_stack([right[:, list(side)], tops]) for side in sides])
    middles = upper.points[right].mean(axis=1)
    joined = np.concatenate([lower.points, upper.points, middles])
    _, first, place = np.unique(np.round(joined, 6), axis=0, return_index=True, return_inverse=True)
    place = place.ravel()
    cells = {
        "hexahedron": place[lower.cells],
        "wedge": place[count + wedges],
        "pyramid": place[count + pyramids],
    }
    return mt.fem.Mesh(joined[first], cells)


def pulled_too_far() -> dict[str, float]:
    """Return how far the limit load is from that of our own elements, with the load factors they found."""
    mesh = mt.fem.box((1, 1, 2), (1, 1, 4))
    flow = mt.fem.VonMises(young=1.0, poisson=0.3, yield_stress=0.3, hardening=0.0)
    edges = (mesh.points == 0.0) & (mesh.points[:, 2:] == 0.0)
    held = [mt.fem.Prescribed(edges[:, k], k, 0.0) for k in range(3)]  # free to contract
    top = mt.fem.Pressure(lambda x: np.isclose(x[:, 2], 2.0), -0.31)
    # Hundreds of factorisations, nothing of which may be left: conjugate gradients would wait for messages longer.
    direct = mt.fem.SolverOptions(outside_training="none", linear_solver="direct")
    theirs, factors = DistributedModel(mesh, flow), []
    for model in (theirs, theirs, theirs, mt.fem.Model(mesh, flow)):
        try:
            model.solve(mt.fem.Step(held, [top], increments=2), direct)
        except LimitLoadError as error:
            factors.append(error.load_factor)
    if theirs.comm.rank > 0:
        return {}
    return {f"load factor {k}": abs(factor / factors[3] - 1.0) for k, factor in enumerate(factors[:3])}


class Brittle(mt.fem.LinearElastic):
    """It gives no numbers where it is stretched."""

    def update(self, strain_increment: Any, state: Any, dt: float = 1.0, tangent: bool = True) -> Any:
        """Advance points."""
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        return np.where(strain_increment[:, 2:3] > 0.0, np.nan, stress), moduli, new


class Torn(mt.fem.LinearElastic):
    """It gives no tangent where it is stretched."""

    def update(self, strain_increment: Any, state: Any, dt: float = 1.0, tangent: bool = True) -> Any:
        """Advance points."""
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        torn = strain_increment[:, 2:3, None] > 0.0
        return stress, None if moduli is None else np.where(torn, np.nan, moduli), new


def refused() -> dict[str, float]:
    """Return 0 for everything that is refused on all processes, with the numbers of the whole mesh; else 1."""
    mesh = prism()
    held = [mt.fem.Prescribed(lambda x: np.isclose(x[:, 2], 0.0), axis, 0.0) for axis in "xyz"]
    pulled = mt.fem.Step([*held, mt.fem.Prescribed(lambda x: np.isclose(x[:, 2], 20.0), "z", 30.0)])
    strict = mt.fem.SolverOptions(outside_training="error")
    cases: dict[str, tuple[Any, Any, type[Exception], str]] = {
        "material": (Brittle(np.eye(6)), QUIET, ConvergenceError, "not finite in element"),
        "tangent": (Torn(np.eye(6)), QUIET, ConvergenceError, "tangent that the material returned is not finite"),
        "range": (
            mt.load("cube-play"),
            strict,
            TrainingRangeError,
            "leave the range of the model's training data",
        ),
    }
    numbers = {}
    for name, (material, options, kind, sentence) in cases.items():
        said = ""
        try:
            DistributedModel(mesh, material).solve(pulled, options)
        except kind as error:
            said = str(error)
        model = DistributedModel(mesh, material)
        every = model.comm.gather(sentence in said, 0)
        numbers[name] = 0.0 if every and all(every) else 1.0
        if every and not all(every):
            print(said, file=sys.stderr)
    return numbers if model.comm.rank == 0 else {}


def relative(found: Any, expected: Any) -> float:
    """Return the largest difference over the largest expected value."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    return float(np.abs(found - expected).max() / max(float(np.abs(expected).max()), 1e-300))


def differences(mesh: mt.fem.Mesh, material: Any, steps: Any, mean: Any = None) -> dict[str, float]:
    """Return how far the response of all processes is from our own; empty on all but the first."""
    found = DistributedModel(mesh, material, mean_dilatation=mean).solve(steps, QUIET).gather()
    if found is None:
        return {}
    expected = mt.fem.Model(mesh, material, mean_dilatation=mean).solve(steps, QUIET)
    numbers = {
        name: relative(getattr(found, name), getattr(expected, name))
        for name in ("displacement", "reactions", "energy", "dissipation", "strain", "stress", "dissipated")
    }
    assert set(found.state) == set(expected.state)
    assert set(found.fields[-1]) == set(expected.fields[-1])
    numbers |= {f"state {name}": relative(found.state[name], expected.state[name]) for name in expected.state}
    numbers |= {
        f"field {name}": relative(found.fields[-1][name], expected.fields[-1][name])
        for name in expected.fields[-1]
    }
    return numbers


def restarted(folder: Path) -> dict[str, float]:
    """Return how far a march that goes on from records is from one without a stop."""
    mesh, material = prism(), mt.load("cube")
    whole = twist(20.0, increments=3)
    model = DistributedModel(mesh, material)
    without = model.solve(whole, QUIET).gather()
    model.solve(twist(20.0, increments=3), QUIET, record=folder)
    comm = model.comm
    comm.Barrier()
    if comm.rank == comm.size - 1:  # as if it had been killed before its last increment was written
        for file in (folder / f"process-{comm.rank}").glob("00000002*.h5"):
            file.unlink()
    comm.Barrier()
    found = model.solve(twist(20.0, increments=3), QUIET, restart=folder)
    found.write(folder / "out.xdmf")
    found.write(folder / "out.bp")
    again = found.gather()
    if again is None or without is None:
        return {}
    return {name: relative(getattr(again, name), getattr(without, name)) for name in ("displacement", "stress")}


def main(folder: Path) -> None:
    """Compare everything."""
    mises = mt.fem.VonMises(young=1.0, poisson=0.3, yield_stress=0.3, hardening=0.1)
    two = {"lower": mt.load("cube"), "upper": mises}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LockingWarning)  # one region of them does
        compare_cases(folder, two, mises)


def compare_cases(folder: Path, two: dict[str, Any], mises: Any) -> None:
    """Compare all cases, and print the differences."""
    cases = {
        "mean dilatation": (prism(), mises, twist(20.0), None),
        "regions": (prism(), two, twist(20.0, 2), False),
        "regions, one with mean dilatation": (prism(), two, twist(20.0), None),
        "unsymmetric tangent": (prism(), mt.load("cube-published"), twist(20.0, angle=60.0), None),
        "quadratic tetrahedra": (prism("tetra10"), mt.load("cube"), twist(20.0), None),
        "curved quadratic tetrahedra": (curved(), mt.load("cube"), twist(20.0), None),
        "wedges": (prism("wedge"), mt.load("cube"), twist(20.0), None),
        "pyramids": (prism("pyramid"), mt.load("cube"), twist(20.0), None),
        "hexahedra with 20 nodes, regions": (prism("hexahedron20"), two, twist(20.0, angle=40.0), False),
        "several kinds": (mixed(), mt.load("cube"), twist(20.0, 2), None),
        "several kinds, mean dilatation": (mixed(), mises, twist(20.0), None),
        "hybrid": (prism(), mt.Hybrid(mt.load("cube")), twist(20.0), None),
    }
    for name, case in cases.items():
        show(name, differences(*case))
    show("limit load", pulled_too_far())
    show("refused", refused())
    show("restart", restarted(folder))


def show(name: str, numbers: dict[str, float]) -> None:
    """Print the differences of a case, on the process that knows them."""
    if numbers:
        print(json.dumps({"case": name, **numbers}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
