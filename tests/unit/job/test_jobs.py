"""A job file gives the structure that the same choices in Python give, and says what is wrong with its line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.errors import ConfigurationError, InputError
from microtann.fem import LinearElastic, Model, NodalForce, Prescribed, Pressure, Shear, Step, Traction, box
from microtann.fem.model import Result
from microtann.job.example import job_reference
from microtann.job.job_loads import LOADS
from microtann.job.job_materials import MATERIALS
from microtann.job.lines import KeyLines

PLATE = """\
[mesh]
lengths = [2.0, 1.0]
divisions = [4, 2]
[set.left]
x = 0.0
[set.corner]
nearest = [2.0, 0.1]
[side.right]
x = 2.0
[material]
kind = "elastic"
young = 3.0
poisson = 0.25
plane = "stress"
[[support]]
on = "left"
components = "xy"
"""
LOADED = """\
[[step]]
name = "pull"
increments = 2
[[step.load]]
kind = "traction"
on = "right"
value = [0.1, 0.02]
[[step.load]]
kind = "force"
on = "corner"
component = "y"
value = -0.01
"""


def job_in(folder: Path, text: str, **changes: object) -> mt.StructureJob:
    file = folder / "plate.toml"
    file.write_text(text, encoding="utf-8")
    return mt.read_job(file, {key.replace("__", "."): value for key, value in changes.items()})


def left(points: np.ndarray) -> np.ndarray:
    return points[:, 0] == 0.0


def right(points: np.ndarray) -> np.ndarray:
    return points[:, 0] == 2.0


def in_python(*loads: object, prescribed: tuple[Prescribed, ...] = (), increments: int = 1) -> Result:
    plate = Model(box((2.0, 1.0), (4, 2)), LinearElastic.isotropic(3.0, 0.25, plane="stress"))
    held = [Prescribed(left, "x"), Prescribed(left, "y"), *prescribed]
    return plate.solve([Step(held, loads, increments)])  # type: ignore[arg-type]


def test_it_is_the_structure_that_python_builds(tmp_path: Path) -> None:
    corner = int(np.flatnonzero((box((2.0, 1.0), (4, 2)).points == [2.0, 0.0]).all(axis=1))[0])
    wanted = in_python(Traction(right, (0.1, 0.02)), NodalForce([corner], "y", -0.01), increments=2)
    found = job_in(tmp_path, PLATE + LOADED).solve()
    np.testing.assert_allclose(found.displacement, wanted.displacement, atol=1e-13)
    np.testing.assert_allclose(found.reaction("left"), wanted.reaction(left), atol=1e-12)


@pytest.mark.parametrize(
    ("load", "wanted"),
    [
        ('kind = "pressure"\nvalue = 0.1\ngradient = [0.0, 0.2]', Pressure(right, lambda x: 0.1 + 0.2 * x[:, 1])),
        ('kind = "shear"\nvalue = 0.1\nalong = [1.0, 1.0]', Shear(right, 0.1, (0.0, 1.0))),
    ],
)
def test_loads_on_faces(load: str, wanted: Pressure, tmp_path: Path) -> None:
    found = job_in(tmp_path, f'{PLATE}[[step]]\n[[step.load]]\non = "right"\n{load}\n').solve()
    np.testing.assert_allclose(found.displacement, in_python(wanted).displacement, atol=1e-13)


def test_what_moves_follows_a_history(tmp_path: Path) -> None:
    """A rotation by 30 and −15 degrees and a displacement, in rows of a table, with its times."""
    (tmp_path / "cycle.csv").write_text("t;turn;up\n0,5;30;0,1\n2;-15;0\n", encoding="utf-8")
    text = (
        PLATE
        + """\
[set.right]
x = 2.0
[history]
file = "cycle.csv"
time = "t"
increments = 3
[[load]]
kind = "rotation"
on = "right"
degrees = 1.0
centre = [2.0, 0.5]
history = "turn"
"""
    )
    job = job_in(tmp_path, text)
    assert [(step.name, step.increments) for step in job.steps] == [("row 1", 3), ("row 2", 3)]
    found = job.solve()
    np.testing.assert_allclose(found.time, [1 / 6, 2 / 6, 0.5, 1.0, 1.5, 2.0])
    turn = np.radians(-15.0)
    arm = found.points[found.mesh.sets["right"]][:, 1] - 0.5
    moved = np.stack([-np.sin(turn) * arm, (np.cos(turn) - 1.0) * arm], axis=1)
    np.testing.assert_allclose(found.displacement[-1][found.mesh.sets["right"]], moved, atol=1e-14)


def test_every_kind_of_material(tmp_path: Path) -> None:
    text = (
        PLATE.replace('kind = "elastic"\nyoung = 3.0\npoisson = 0.25\nplane = "stress"\n', "MATERIAL\n") + LOADED
    )
    kinds = {
        "model": 'name = "square-2x2"',
        "exact": 'name = "square-2x2"',
        "hybrid": 'name = "square-2x2"',
        "von Mises": 'young = 1.0\npoisson = 0.3\nyield_stress = 1.0\nplane = "strain"',
        "python": 'name = "plain_materials:Springs"',
        "elastic": 'young = 1.0\npoisson = 0.3\nplane = "strain"',
    }
    assert set(kinds) == set(MATERIALS)
    names = {}
    for kind, keys in kinds.items():
        if kind == "python":
            continue  # its own test, in the folder of the material
        job = job_in(tmp_path, text.replace("MATERIAL", f'kind = "{kind}"\n{keys}'))
        names[kind] = type(job.model.material).__name__
    assert names == {
        "model": "TANN",
        "exact": "Lattice",
        "hybrid": "Hybrid",
        "von Mises": "VonMises",
        "elastic": "LinearElastic",
    }


def test_a_material_of_ones_own_is_found_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_plate.py").write_text(
        "from microtann import fem\nSTEEL = fem.LinearElastic.isotropic(3.0, 0.25, plane='stress')\nWRONG = 3\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    own = PLATE.replace(
        '"elastic"\nyoung = 3.0\npoisson = 0.25\nplane = "stress"', '"python"\nname = "own_plate:STEEL"'
    )
    found = job_in(tmp_path, own + LOADED).solve()
    np.testing.assert_array_equal(found.energy, job_in(tmp_path, PLATE + LOADED).solve().energy)
    with pytest.raises(ConfigurationError, match="line 10: own_plate:WRONG is no material"):
        job_in(tmp_path, own.replace("STEEL", "WRONG") + LOADED)


WRONG = {
    "unknown table 'meshes': did you mean 'mesh'?": ("[mesh]", "[meshes]"),
    "unknown key 'mesh.division' in .*line 3: did you mean 'divisions'": (
        "divisions",
        "division",
    ),
    "line 2: a box of 2 lengths needs as many divisions, got": ("divisions = [4, 2]\n", ""),
    "line 4: no node lies there; they lie in 0 to 2, 0 to 1": ("x = 0.0", "x = 7.0"),
    "line 4: the mesh lies in the plane and has no axis z": ("x = 0.0", "z = 0.0"),
    "line 8: no face of the boundary lies there": ("x = 2.0", "x = [0.4, 0.6]"),
    "line 11: kind is one of model, .*did you mean 'elastic'": ('"elastic"', '"elasctic"'),
    "'material.young' in .*line 12 must be larger than 0": ("young = 3.0", "young = -3.0"),
    "line 16: the mesh has nothing called 'lift': did you mean 'left'": ('on = "left"', 'on = "lift"'),
    "line 21: the mesh has nothing called 'wright': did you mean 'right'": ('on = "right"', 'on = "wright"'),
    "'step 1.increments' in .*line 20 must be at least 1": ("increments = 2", "increments = 0"),
    "line 25: all nodes of 'left' are held along y by a support": ('on = "corner"', 'on = "left"'),
    "line 22: kind is one of displacement, force": ('"traction"', '"load"'),
    "a job is loaded in": (LOADED, ""),
    "is not valid TOML": ("[mesh]", "[mesh"),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_is_said_with_its_line(sentence: str, tmp_path: Path) -> None:
    old, new = WRONG[sentence]
    text = PLATE + LOADED
    assert old in text
    with pytest.raises(InputError, match=sentence):
        job_in(tmp_path, text.replace(old, new, 1))


def test_regions_need_materials_that_exist(tmp_path: Path) -> None:
    text = (PLATE + LOADED).replace("[material]", "[region.near]\nx = [0.0, 1.0]\n[material.near]")
    with pytest.raises(ConfigurationError, match="line 12: 4 cells, such as cell 4, have no material"):
        job_in(tmp_path, text)
    with pytest.raises(ConfigurationError, match="nothing called 'nera': did you mean 'near'"):
        job_in(tmp_path, text.replace("[material.near]", "[material.nera]"))


def test_a_history_without_the_column(tmp_path: Path) -> None:
    (tmp_path / "cycle.csv").write_text("t,turn\n1,30\n", encoding="utf-8")
    text = PLATE + '[history]\nfile = "cycle.csv"\n[[load]]\nkind = "pressure"\non = "right"\nhistory = "tun"\n'
    with pytest.raises(ConfigurationError, match=r"line 23: cycle\.csv has no column 'tun': did you mean 'turn'"):
        job_in(tmp_path, text)
    (tmp_path / "cycle.csv").write_text("t,tun\n1,much\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: 'tun' is 'much'"):
        job_in(tmp_path, text)


def test_changes_go_to_the_tables_that_they_name(tmp_path: Path) -> None:
    job = job_in(tmp_path, PLATE + LOADED, step__0__increments=4, mesh__divisions=[2, 2])
    assert (job.steps[0].increments, job.mesh.cell_count) == (4, 4)
    with pytest.raises(ConfigurationError, match="no table '7'"):
        job_in(tmp_path, PLATE + LOADED, step__7__increments=4)


def test_a_support_is_released_in_the_step_that_says_so(tmp_path: Path) -> None:
    freed = (
        PLATE + '[[support]]\non = "corner"\ncomponents = "y"\n' + LOADED.replace('on = "corner"', 'on = "right"')
    )
    freed = freed.replace("[side.right]", "[set.right]\nx = 2.0\n[side.right]")
    job = job_in(tmp_path, freed + '[[step]]\nrelease = ["corner"]\n')
    assert [len(step.prescribed) for step in job.steps] == [3, 2]
    found = job.solve()
    assert abs(found.reaction("corner")[1, 1]) > 1e-3
    np.testing.assert_allclose(found.reaction("corner")[2], 0.0, atol=1e-12)
    with pytest.raises(ConfigurationError, match=r"'wall' has no \[\[support\]\] to release"):
        job_in(tmp_path, freed + '[[step]]\nrelease = ["wall"]\n')


def test_lines_of_keys() -> None:
    lines = KeyLines.of('a = 1\n[[step]]\nname = "x"\n[[step]]\n"b c" = 2\n[[step.load]]\non = 1\n[x.y]\nz = 1\n')
    wanted = {
        ("a",): 1,
        ("step", 0, "name"): 3,
        ("step", 1, "b c"): 5,
        ("step", 1, "load", 0, "on"): 7,
        ("x", "y", "z"): 9,
    }
    assert {key: lines.of_key(*key) for key in wanted} == wanted
    assert lines.of_key("step", 1, "load", 0, "missing") == 6
    assert lines.of_key("elsewhere") is None


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`job` prints and checks, `simulate` computes; what is there is not computed again."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    assert runner.invoke(app, ["job", "--example"]).output == mt.job_example()
    keys = runner.invoke(app, ["job", "--keys"]).output
    assert keys == job_reference()
    assert all(f'kind = "{name}"' in keys for name in (*MATERIALS, *LOADS))
    file = tmp_path / "plate.toml"
    file.write_text(
        PLATE + LOADED + "[output]\npoints = [[2.0, 1.0]]\npictures = []\nfields = false\n", encoding="utf-8"
    )
    assert "30 unknowns, 32 Gauss points" in runner.invoke(app, ["job", "plate.toml"]).output
    done = runner.invoke(app, ["simulate", "plate.toml", "--set", "mesh.divisions=[2, 1]"])
    assert done.exit_code == 0, done.output
    numbers = json.loads((tmp_path / "results/plate/numbers.json").read_text(encoding="utf-8"))
    assert numbers["unknowns"] == 12
    assert np.allclose(numbers["reactions"]["left"], [-0.1, -0.02 + 0.01])
    points = (tmp_path / "results/plate/points.csv").read_text(encoding="utf-8").splitlines()
    assert points[0] == "increment,time,u_x (2 1),u_y (2 1)"
    assert len(points) == 3
    again = runner.invoke(app, ["simulate", "plate.toml", "--set", "mesh.divisions=[2, 1]"])
    assert again.exit_code == 0
    assert "done in" not in again.output
    refused = runner.invoke(app, ["simulate", "plate.toml", "--model", "cube"])
    assert refused.exit_code == 2
