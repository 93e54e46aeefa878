"""The examples run and give what they promise."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_cyclic_recall(tmp_path: Path) -> None:
    assert example("cyclic_recall").main(tmp_path / "loop.png") < 1e-12  # measured: 7e-15
    assert (tmp_path / "loop.png").stat().st_size > 5000


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


def test_every_example_is_tested() -> None:
    names = {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert names == {name.removeprefix("test_") for name in globals() if name.startswith("test_")} & names
