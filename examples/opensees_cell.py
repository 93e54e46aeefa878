"""Tables that another code wrote become a network: OpenSees, a braced square of `Steel01` trusses.

OpenSees writes average strain and stress along random paths as CSV; ``microtann data import`` would take them
from there, here its function does. Needs ``pip install "microtann[opensees]"``.

Run it with ``python examples/opensees_cell.py [PICTURE.png]``.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import microtann as mt
from microtann.training import dataset_errors

NODES = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.5, 0.5]])
BARS = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 4), (1, 4), (2, 4), (3, 4)]  # the edges, and half diagonals
AREAS = [0.05, 0.05, 0.05, 0.05, 0.04, 0.03, 0.04, 0.03]
YOUNG, YIELD, RATIO = 200e3, 300.0, 0.05  # MPa


def averages(ops, path):
    """Return the average stress (11, 22, 12) along a strain path whose corners move with the strain."""
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 2)
    for number, place in enumerate(NODES):
        ops.node(number, *map(float, place))
    ops.uniaxialMaterial("Steel01", 1, YIELD, YOUNG, RATIO)
    for number, ((one, two), area) in enumerate(zip(BARS, AREAS, strict=True)):
        ops.element("truss", number, one, two, area, 1)
    ops.fix(0, 1, 1)
    ops.timeSeries("Constant", 1)
    ends = np.array(BARS)
    along = NODES[ends[:, 1]] - NODES[ends[:, 0]]
    length = np.linalg.norm(along, axis=1)
    n = along / length[:, None]
    projection = np.stack([n[:, 0] ** 2, n[:, 1] ** 2, n[:, 0] * n[:, 1]], axis=1)
    stresses = []
    for number, (e11, e22, g12) in enumerate(path, start=1):
        gradient = np.array([[e11, 0.5 * g12], [0.5 * g12, e22]])
        ops.pattern("Plain", number, 1)
        for node in (1, 2, 3):
            for axis, value in enumerate(gradient @ NODES[node]):
                ops.sp(node, axis + 1, float(value))
        ops.constraints("Transformation")
        ops.numberer("RCM")
        ops.system("BandGeneral")
        ops.test("NormUnbalance", 1e-10 * YIELD, 50)
        ops.algorithm("NewtonLineSearch")
        ops.integrator("LoadControl", 1.0)
        ops.analysis("Static")
        solved = ops.analyze(1) == 0
        if not solved:  # Newton's method may cycle between bars that yield and bars that do not
            ops.algorithm("ModifiedNewton", "-initial")
            ops.test("NormUnbalance", 1e-10 * YIELD, 5000)
            solved = ops.analyze(1) == 0
        if not solved:
            raise RuntimeError(f"OpenSees did not converge in increment {number}")
        force = np.array([ops.basicForce(bar)[0] for bar in range(len(BARS))])
        stresses.append((force * length) @ projection)  # the area of the cell is 1
        ops.remove("loadPattern", number)
        ops.wipeAnalysis()
    ops.wipe()
    return np.array(stresses)


def write_tables(ops, folder, paths, steps):
    """Write a table for every random path, with the strain as OpenSees' user thinks of it: ε12, in per mille."""
    files, rng = [], np.random.default_rng(0)
    for number in range(paths):
        path = np.cumsum(0.8e-3 * rng.standard_normal((steps, 3)), axis=0)
        stress = averages(ops, path)
        table = np.column_stack([np.arange(1, steps + 1), 1e3 * path * [1.0, 1.0, 0.5], stress])
        file = folder / f"path-{number:02}.csv"
        np.savetxt(
            file, table, delimiter=",", header="step,E11,E22,E12,S11 [MPa],S22 [MPa],S12 [MPa]", comments=""
        )
        files.append(file)
    return files


def imported(ops, paths, steps):
    """Return tables of OpenSees as a data set."""
    choice = mt.ImportChoice(
        strain=("E11", "E22", "E12"),
        stress=("S11", "S22", "S12"),
        components=("11", "22", "12"),
        shear="tensor",
        strain_factor=1e-3,
        increment="step",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mt.import_data(write_tables(ops, folder, paths, steps), folder / "data.h5", choice)
        assert mt.check_file(folder / "data.h5")
        return mt.read_dataset(folder / "data.h5")


def draw(picture, ops, tann):
    """Draw a path that was in no data, with the network and with OpenSees."""
    from microtann.plotting.curves import Curve, draw_comparison

    turn = np.linspace(0.0, 4 * np.pi, 61)[1:]
    strain = 4e-3 * np.stack([np.sin(turn), 0.4 * np.sin(0.5 * turn), 0.5 * np.cos(turn) - 0.5], axis=1)
    exact, found = averages(ops, strain), tann.recall(strain, outside_training="none").stress
    pairs = ((0, "₁₁"), (2, "₁₂"))
    curves = [Curve(f"σ{i}", strain[:, c], exact[:, c], found[:, c], f"ε{i}", f"σ{i} [MPa]") for c, i in pairs]
    draw_comparison(picture, curves, "TANN", beside="OpenSees")


def main(ops, paths=40, steps=60, updates=2000, picture=None):
    """Return the error of a network on paths that it has not seen; draw one more if a file is named."""
    data = imported(ops, paths, steps)
    tann = mt.train(data, mt.forms.Variational(states=6, slips=9, updates=updates, learning_rate=3e-2))
    if picture is not None:
        draw(picture, ops, tann)
    return dataset_errors(tann, data).stress


if __name__ == "__main__":
    import openseespy.opensees as opensees

    error = main(opensees, picture=sys.argv[1] if sys.argv[1:] else None)
    print(f"relative error of the stress on unseen paths: {error:.1%}")
