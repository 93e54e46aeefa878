"""Free bodies, loads that supports take up, and wrong meshes are told with their line when a job is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import microtann as mt
from microtann.errors import ConfigurationError

MESH = """\
[mesh]
lengths = [2.0, 1.0]
divisions = [4, 2]
[set.left]
x = 0.0
[set.right]
x = 2.0
[set.corner]
nearest = [2.0, 0.0]
[side.right]
x = 2.0
[material]
kind = "elastic"
young = 3.0
poisson = 0.25
plane = "stress"
"""
HELD = '[[support]]\non = "left"\ncomponents = "xy"\n'  # lines 17 to 19
STEP = '[[step]]\nname = "push"\n'  # lines 20 and 21; loads begin at 22
PRESSURE = '[[step.load]]\nkind = "pressure"\non = "right"\nvalue = 0.1\n'
TRACTION = '[[step.load]]\nkind = "traction"\non = "right"\nvalue = [0.1, 0.2]\n'
SHEAR = '[[step.load]]\nkind = "shear"\non = "right"\nvalue = 0.1\nalong = [0.0, 1.0]\n'


def support(on: str, components: str) -> str:
    return f'[[support]]\non = "{on}"\ncomponents = "{components}"\n'


def displacement(on: str, component: str, value: float) -> str:
    return f'[[step.load]]\nkind = "displacement"\non = "{on}"\ncomponent = "{component}"\nvalue = {value}\n'


def force(on: str, component: str) -> str:
    return f'[[step.load]]\nkind = "force"\non = "{on}"\ncomponent = "{component}"\nvalue = 0.1\n'


def read(folder: Path, text: str) -> mt.StructureJob:
    file = folder / "plate.toml"
    file.write_text(text, encoding="utf-8")
    return mt.read_job(file)


FREE = {
    r"line 17: step 1 \(push\): .*the body free to move \(rotation in the xy plane\)": STEP + PRESSURE,
    r"line 20: step 1 \(push\): .*\(translation along y\)": support("left", "x") + STEP + PRESSURE,
    r"line 20: step 1 \(push\): .*the body free to move": support("corner", "xy") + STEP + PRESSURE,
    r"line 26: step 2: .*the body free to move": f'{HELD}{STEP}{PRESSURE}[[step]]\nrelease = ["left"]\n',
}


@pytest.mark.parametrize("sentence", FREE)
def test_what_may_move_freely_is_told_with_the_line_of_the_step(sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"plate\.toml, " + sentence):
        read(tmp_path, MESH + FREE[sentence])


def test_a_history_that_holds_nothing_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "cycle.csv").write_text("t,u\n1,0\n2,1\n", encoding="utf-8")
    text = MESH + '[history]\nfile = "cycle.csv"\n' + PRESSURE.replace("step.load", "load") + 'history = "u"\n'
    with pytest.raises(ConfigurationError, match=r"line 17: step 1 \(row 1\): the supports leave the body free"):
        read(tmp_path, text)
    with pytest.raises(ConfigurationError, match=r"line 22: all nodes of 'right' are held along x by a support"):
        read(tmp_path, text.replace("[history]", support("right", "xy") + "[history]"))


IDLE = {
    "line 25: all nodes of 'right' are held along x by": HELD + support("right", "x") + STEP + PRESSURE,
    "line 25: all nodes of 'right' are held along y by": HELD + support("right", "y") + STEP + TRACTION,
    "line 25: all nodes of 'right' are held along x and y by": HELD + support("right", "xy") + STEP + TRACTION,
    "line 25: all nodes of 'right' .* by a support or a displacement": HELD + support("right", "y") + STEP + SHEAR,
    "line 25: all nodes of 'corner' are held along y": HELD + support("right", "y") + STEP + force("corner", "y"),
    "line 22: all nodes of 'right' are held along x": HELD + STEP + PRESSURE + displacement("right", "x", 0.1),
    "line 22: displacements, prescribed 3: .* is prescribed twice, as 0 and 0.1": HELD
    + STEP
    + displacement("left", "x", 0.1),
    "line 19: the mesh lies in the plane and has no component z": support("left", "xyz") + STEP + PRESSURE,
    "line 25: the mesh lies in the plane and has no component z": HELD + STEP + displacement("right", "z", 0.1),
    "line 22: the traction must be a vector of 2 components": HELD + STEP + TRACTION.replace("0.2]", "0.2, 0.3]"),
    "line 22: the mesh has nothing called 'sight': did you mean 'right'": HELD
    + STEP
    + PRESSURE.replace('"right"', '"sight"'),
}


@pytest.mark.parametrize("sentence", IDLE)
def test_loads_that_do_nothing_or_do_not_fit_are_told_with_their_line(sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"plate\.toml, " + sentence):
        read(tmp_path, MESH + IDLE[sentence])


@pytest.mark.parametrize(
    "text",
    [
        support("corner", "xy") + PRESSURE,  # some nodes of the face are held
        support("right", "y") + PRESSURE,  # guided across its direction
        support("corner", "xy") + force("right", "x"),
        PRESSURE.replace("0.1", "0.0"),
        support("right", "x") + SHEAR,
    ],
)
def test_ordinary_loads_beside_supports_are_read(text: str, tmp_path: Path) -> None:
    supports, mark, loads = text.partition("[[step.load]]")
    job = read(tmp_path, MESH + HELD + supports + STEP + mark + loads)
    assert job.solve().energy.shape == (1,)


DECK = "*NODE\n1,0,0\n2,2,0\n3,2,1\n4,0,1\n*ELEMENT,TYPE=CPS4\n1,{}\n"
FILES = {
    "line 2: plate.msh cannot be read: No such file": ("plate.msh", None),
    "line 2: plate.msh is damaged or not of the format": ("plate.msh", "a letter\n"),
    "line 2: plate.doc is no mesh file that is known by its suffix: .msh": ("plate.doc", "a letter\n"),
    "line 2: plate.inp: a cell is turned inside out: 0": ("plate.inp", DECK.format("1,3,2,4")),
    "line 2: plate.inp: element 1 names node 9, which does not exist": ("plate.inp", DECK.format("1,2,3,9")),
    "line 2: plate.inp: line 6: elements of type 'CPX4' are not known": (
        "plate.inp",
        DECK.format("1,2,3,4").replace("CPS4", "CPX4"),
    ),
}


@pytest.mark.parametrize("sentence", FILES)
def test_wrong_mesh_files_are_told_with_the_line_that_names_them(sentence: str, tmp_path: Path) -> None:
    name, content = FILES[sentence]
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    text = MESH.replace("lengths = [2.0, 1.0]\ndivisions = [4, 2]\n", f'file = "{name}"\n')
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text + HELD + STEP + PRESSURE)
    assert re.search(sentence, str(caught.value).replace(f"{tmp_path}/", "")), str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "divisions = [4, 2]",
            'divisions = [4, 2]\nkind = "quod"',
            "line 1: a box in 2 dimensions is made of quad",
        ),
        ("divisions = [4, 2]", "divisions = [4, 0]", "line 1: divisions must be two positive integers"),
        ("lengths = [2.0, 1.0]", "lengths = [2.0, -1.0]", "line 1: lengths must be three positive numbers"),
    ],
)
def test_wrong_boxes_are_told_with_their_line(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        read(tmp_path, MESH.replace(old, new) + HELD + STEP + PRESSURE)
