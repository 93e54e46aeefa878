"""CalculiX finds with an exported model what our solver finds on the same mesh, to the digits that it prints."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from calculix_build import CannotBuildError, calculix
from twisted_prism import EXACT, TwistedPrism, difference

import microtann as mt
from microtann import fem
from microtann.export import compile_source, write

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def program() -> Path:
    try:
        return calculix()
    except CannotBuildError as missing:
        pytest.skip(str(missing))


def run(program: Path, deck: str) -> tuple[int, str]:
    """Run a deck of the working folder with the libraries in its folder of exported files."""
    variables = os.environ | {"LD_LIBRARY_PATH": str(Path("exported").resolve()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([program, deck], capture_output=True, text=True, env=variables, check=False)
    return done.returncode, done.stdout


def compiled(model: str, farthest: float = 10.0) -> None:
    source = write(model, "exported", to="umat", farthest=farthest)[0]
    library = f"lib{source.stem.replace('_', '').upper()}.so"
    compile_source(source, library=source.with_name(library))


def tables(deck: str) -> dict[str, list[np.ndarray]]:
    """Return the tables of a printed file, in time, by the first word of their titles."""
    found: dict[str, list[list[list[float]]]] = {}
    for line in Path(f"{deck}.dat").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words and words[0][0].isalpha():
            rows: list[list[float]] = []
            found.setdefault(words[0], []).append(rows)
        elif words:
            rows.append([float(word) for word in words])
    return {name: [np.array(rows) for rows in parts] for name, parts in found.items()}


def test_the_twisted_prism_is_the_same(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prism = TwistedPrism.written("cube-2x2x2-perturbed", 1.0)
    compiled(prism.model)
    code, said = run(program, "prism")
    assert code == 0, said[-2000:]
    printed, ours = tables("prism"), prism.solved([1.0])
    states = printed["internal"][0][:, 2:]
    energy, dissipated = states[:, -2:].sum(axis=0) / 8
    differences = {
        "displacement": difference(printed["displacements"][0][:, 1:], ours.displacement[0]),
        "reactions": difference(printed["forces"][0][:, 1:], ours.reactions[0]),
        "energy": abs(energy / ours.energy[0] - 1.0),
        "dissipation": abs(dissipated / ours.dissipation[0] - 1.0),
    }
    print(differences)
    assert differences["displacement"] < 1e-6
    assert differences["reactions"] < 1e-5
    assert differences["energy"] < 1e-7
    assert differences["dissipation"] < 1e-7


def test_the_deck_of_one_element_runs(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compiled("cube-play")
    shutil.copy("exported/cube_play_calculix.inp", "element.inp")
    code, said = run(program, "element")
    assert code == 0, said[-2000:]
    printed = tables("element")
    assert len(printed["displacements"]) == 20
    strains = [table[1, 1] for table in printed["displacements"]]  # at x = 1
    held = [
        fem.Prescribed([0, 3, 4, 7], "x"),
        *(fem.Prescribed([0], axis) for axis in "yz"),
        fem.Prescribed([3], "z"),
    ]
    steps = [fem.Step([*held, fem.Prescribed([1, 2, 5, 6], "x", strain)]) for strain in strains]
    element = mt.fem.read_mesh("element.inp")
    ours = fem.Model(element, mt.load("cube-play")).solve(steps, EXACT)
    right = ours.reactions[:, [1, 2, 5, 6], 0].sum(axis=1)  # on a face of area 1
    stresses = np.array([table[0, 2] for table in printed["stresses"]])
    np.testing.assert_allclose(stresses, right, atol=1e-6 * np.abs(right).max())


def test_refused_increments_are_cut(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Down to the least increment, where the analysis ends; the sentence says why."""
    monkeypatch.chdir(tmp_path)
    compiled("cube-play", farthest=0.2)
    shutil.copy("exported/cube_play_calculix.inp", "element.inp")
    code, said = run(program, "element")
    assert code != 0
    assert "the strain is far outside of the range of the training" in said
    reached = max(table[1, 1] for table in tables("element")["displacements"])
    assert 0.1 < reached < 0.2


def test_a_deck_of_another_model_is_refused(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    compiled("cube-play")
    deck = Path("exported/cube_play_calculix.inp").read_text(encoding="utf-8")
    for old, new, why in [
        ("*DEPVAR\n15", "*DEPVAR\n14", "*DEPVAR must be 15"),
        (", 1.\n*SOLID", ", 2.\n*SOLID", "the deck says the order of components of number 2"),
        ("CONSTANTS=2\n", "CONSTANTS=2\n7., 1.\n** ", "the deck was written for the model of number 7"),
    ]:
        assert old in deck
        Path("element.inp").write_text(deck.replace(old, new), encoding="utf-8")
        code, said = run(program, "element")
        assert code == 201
        assert why in said
