"""The examples run and give what they promise."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from microtann.data.consistency import energy_defect
from microtann.errors import MissingExtraError
from microtann.materials.von_mises import VonMises
from microtann.tann.form import FORMS

ROOT = Path(__file__).parents[2]


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for the names in annotations
    spec.loader.exec_module(module)
    return module


def test_cyclic_recall(tmp_path: Path) -> None:
    assert example("cyclic_recall").main(tmp_path / "loop.png") < 1e-12  # measured: 7e-15
    assert (tmp_path / "loop.png").stat().st_size > 5000


def test_identified_bar() -> None:
    """The law of the bars is found back to round-off where nothing disturbs the measurement."""
    np.testing.assert_allclose(example("identified_bar").main(noise=0.0), 0.0, atol=1e-9)


def test_octet_elasticity() -> None:
    for name, (found, exact) in example("octet_elasticity").main().items():
        assert found == pytest.approx(exact, rel=1e-12), name


def test_limit_surface() -> None:
    assert example("limit_surface").main(count=8) < 1e-12  # measured: 7e-16


def test_cyclic_mixed_control() -> None:
    assert max(example("cyclic_mixed_control").main()) < 1e-12  # measured: 1e-14


def test_own_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """The three numbers that the data were made with are found back."""
    monkeypatch.setattr("microtann.tann.form.FORMS", dict(FORMS))
    for name, ratio in example("own_form").main().items():
        assert ratio == pytest.approx(1.0, rel=1e-6), name


@pytest.mark.verify
def test_fewest_states() -> None:
    """The number is the smallest within the error, and the cell of 16 bars is exact with 16 states."""
    fewest, errors = example("fewest_states").main()
    assert errors[fewest] <= 0.01 < min(error for states, error in errors.items() if states < fewest)
    assert errors[16] < 1e-12


@pytest.mark.verify
def test_training_by_the_paper() -> None:
    error, _ = example("training_by_the_paper").main()
    assert error < 0.05  # measured: 0.017


def test_plate_with_hole() -> None:
    found, closed = example("plate_with_hole").main()
    assert found == pytest.approx(closed, rel=0.01)  # of a plate without end; measured: 0.3 %


@pytest.mark.verify
def test_bracket_under_pressure() -> None:
    """The wall clamps more than the beam's, which makes the bracket stiffer by two per cent."""
    tip, force, _ = example("bracket_under_pressure").main()
    assert 0.97 < tip < 1.0
    assert force == pytest.approx(1.0, rel=1e-8)


def test_hybrid_and_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    module, results = example("hybrid_and_audit"), []
    sheared = module.sheared
    monkeypatch.setattr(module, "sheared", lambda material: results.append(sheared(material)) or results[-1])
    found = module.main()
    assert found["Gauss points outside"] > 50
    exact, network, hybrid = (result.displacement for result in results)
    assert np.linalg.norm(hybrid - exact) < 0.9 * np.linalg.norm(network - exact)  # measured: 0.82
    assert max(abs(found["hybrid"]), abs(found["network"])) < 1e-3
    assert abs(found["audit"] - found["network"]) < 3 * found["audit, half interval"]


@pytest.mark.verify
def test_both_scales() -> None:
    assert example("both_scales").main() < 0.03  # measured: 0.024, of homogenisation


def test_restart() -> None:
    """The run was stopped before its end, and what it goes on to find has the same bits."""
    stopped, difference = example("restart").main()
    assert 0 < stopped < 8
    assert difference == 0.0


def test_umat_in_a_deck() -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    difference, deck = example("umat_in_a_deck").main()
    assert difference < 1e-13
    assert "*USER MATERIAL, CONSTANTS=2" in deck


def test_opengeosys_cube() -> None:
    module = example("opengeosys_cube")
    try:
        module.program()
    except MissingExtraError as error:
        pytest.skip(str(error))  # OpenGeoSys is not here
    assert module.main() < 1e-12  # measured: 1e-16


def test_own_material() -> None:
    force, contraction = example("own_material").main()
    assert force == pytest.approx(2.0, rel=1e-13)
    assert contraction == pytest.approx(-0.003, rel=1e-12)


def test_own_microstructure() -> None:
    difference, least = example("own_microstructure").main()
    assert difference < 0.1  # measured: 0.031
    assert least >= 0.0


def test_homogenised_and_full_lattice() -> None:
    for name, (fe, lattice) in example("homogenised_and_full_lattice").main().items():
        assert fe == pytest.approx(lattice, rel=1e-11), name  # both solved to 1e-10, Newton's last step gives more


def test_scikit_fem_cell() -> None:
    """Without an inclusion the cell is one point under plane strain; with one, its data keep both laws."""
    module = example("scikit_fem_cell")
    bulk, shear = module.BULK, module.SHEAR
    young, poisson = 9 * bulk * shear / (3 * bulk + shear), (3 * bulk - 2 * shear) / (6 * bulk + 2 * shear)
    strength, hardening = np.sqrt(1.5) * module.YIELD, 1.5 * module.HARDENING
    point = VonMises(young, poisson, strength, hardening, plane="strain")
    path = np.cumsum(0.15 * np.random.default_rng(0).standard_normal((6, 3)), axis=0)
    found, state = module.Cell(divisions=2, ratio=1.0).solve(path, np.ones(6)), point.initial_state(1)
    for step, increment in enumerate(np.diff(path, axis=0, prepend=np.zeros((1, 3)))):
        stress, _, state = point.update(increment[None], state)
        np.testing.assert_allclose(found.stress[step], stress[0], atol=1e-14)
        np.testing.assert_allclose(found.energy[step], state["energy"][0], atol=1e-14)
        np.testing.assert_allclose(found.dissipation[step], state["dissipation"][0], atol=1e-14)
    data = module.walks(paths=4, steps=6)
    assert data.training.unknown == ()
    defect, work = energy_defect(data.training)
    assert data.training.dissipation.min() >= 0.0
    assert defect.max() < 1e-12 * np.abs(work).max()


def test_tann_in_scikit_fem() -> None:
    """Another code with a trained material gives what our own finite elements give, step by step."""
    assert max(example("tann_in_scikit_fem").main()) < 1e-9


def test_opensees_cell() -> None:
    spec = importlib.util.spec_from_file_location("opensees_truss", ROOT / "tests/verification/opensees_truss.py")
    assert spec is not None
    assert spec.loader is not None
    peer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peer)
    try:
        opensees = peer.load()
    except ImportError as error:
        pytest.skip(f"openseespy cannot be used: {error}")
    module = example("opensees_cell")
    data = module.imported(opensees, 4, 6)
    path = np.cumsum(0.8e-3 * np.random.default_rng(0).standard_normal((6, 3)), axis=0)
    first = next(part for part in (data.training, data.validation, data.test) if 0 in part.path)
    rows = first.path == 0
    np.testing.assert_allclose((first.strain + first.strain_increment)[rows], path, atol=1e-15)
    np.testing.assert_allclose(first.stress_next[rows], module.averages(opensees, path), rtol=1e-12)
    assert data.units["stress"] == "MPa"


def test_the_gallery_lists_every_example_once() -> None:
    sections = tomllib.loads((ROOT / "examples/gallery.toml").read_text(encoding="utf-8"))["section"]
    listed = [name for section in sections for name in section["examples"]]
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
    assert len(listed) >= 16


def test_every_example_is_tested() -> None:
    in_verification = {"tann_in_felupe"}  # FElupe is no part of the environment: test_felupe_prism.py
    names = {path.stem for path in (ROOT / "examples").glob("*.py")} - in_verification
    assert names == {name.removeprefix("test_") for name in globals() if name.startswith("test_")} & names
