"""A reference structure from Python: any material, sizes of one's own, and work that goes on after a stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConfigurationError, InputError, ReadingNote
from microtann.evaluation import simulation
from microtann.evaluation.structures import lcU1
from microtann.system.progress import ProgressReport


@pytest.fixture(autouse=True)
def _no_compilation_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "compile_kernels", lambda *_: None)


def test_a_model_stands_beside_the_exact_cell_and_the_full_lattice() -> None:
    found = mt.simulate("lcU1", "cube", mesh_size=5.0, dns="1/2")
    assert list(found.comparison.runs) == ["model", "exact", "lattice"]
    assert found.choice.dns == 0.5
    assert max(found.comparison.network_errors.values()) < 1e-9
    assert found.scale_errors["displacement field, u⁰"]["network error"] < 1e-9
    assert str(found).splitlines()[0].split() == [
        "lcU1",
        "FE",
        "×",
        "TANN",
        "FE,",
        "exact",
        "cell",
        "full",
        "lattice",
    ]
    assert found.to_dict()["solved_again"]["points"] > 0


@pytest.mark.parametrize(("plane", "name"), [(None, "lcU2"), ("strain", "lcC2")])
def test_any_material_is_computed_alone(plane: str | None, name: str) -> None:
    material = mt.fem.LinearElastic.isotropic(2.0, 0.25, plane=plane)
    found = mt.simulate(name, material, mesh_size=5.0, exact=False, dns=0, increments=2)
    result = found.comparison.elements["model"]
    assert list(found.comparison.runs) == ["model"]
    assert result.mesh.points.shape[1] == (3 if plane is None else 2)
    np.testing.assert_allclose(result.energy, result.energy[-1] * np.array([0.25, 1.0]), rtol=1e-9)
    with pytest.warns(ReadingNote, match="the exact cell and the full lattice are left out"):
        alone = mt.simulate(name, material, mesh_size=5.0, increments=2)
    assert list(alone.comparison.runs) == ["model"]
    with pytest.raises(InputError, match="an audit compares a model with the exact cell"):
        mt.simulate(name, material, exact=False, dns=0, audit=3)


def test_a_frame_is_computed_exactly_and_by_its_model() -> None:
    """It makes no full structure of a case, which is said; model and exact cells stand side by side."""
    frame = mt.Frame(mt.square_grid_cell(thickness=0.2), sections=3)
    data = mt.generate_data(frame, plan=mt.WalkPlan(paths=20, steps=20))
    model = mt.train(data, mt.forms.Variational(states=8, updates=0))
    with pytest.warns(ReadingNote, match="does not stand for a lattice"):
        found = mt.simulate("lcC1", model, mesh_size=5.0, audit=2)
    assert list(found.comparison.runs) == ["model", "exact"]
    assert abs(found.comparison.network_errors["energy"]) < 0.1
    assert found.audit is not None
    with pytest.warns(ReadingNote, match="does not stand for a lattice"):
        alone = mt.simulate("lcC1", frame, mesh_size=5.0)
    exact = (run.comparison.elements["exact"].energy for run in (found, alone))
    np.testing.assert_array_equal(*exact)


def test_the_exact_cell_alone_and_an_own_case() -> None:
    found = mt.simulate(lcU1((2.0, 2.0, 2.0)), "exact", mesh_size=1.0, dns=0)
    assert list(found.comparison.runs) == ["exact"]
    assert found.comparison.elements["exact"].mesh.points.max() == 2.0


def test_work_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []

    def watched(stop: str) -> object:
        @contextmanager
        def progress(title: str) -> Iterator[ProgressReport]:
            def report(done: float, total: float | None, note: str) -> None:
                seen.append((title, done))
                if stop in title and done >= 0.5:
                    raise KeyboardInterrupt

            yield report

        return progress

    sizes = {"mesh_size": 5.0, "dns": "1/2", "increments": 4}
    whole = mt.simulate("lcU2", "exact", **sizes)
    with pytest.raises(KeyboardInterrupt):
        mt.simulate("lcU2", "exact", **sizes, records=tmp_path, progress=watched("full lattice"))
    assert {title for title, _ in seen} == {"lcU2, FE, exact cell", "lcU2, full lattice"}
    seen.clear()
    again = mt.simulate("lcU2", "exact", **sizes, records=tmp_path, progress=watched("nothing"))
    assert {title for title, _ in seen} == {"lcU2, full lattice"}
    assert min(done for _, done in seen) >= 0.25  # the first increment was there
    for name, values in whole.comparison.quantities["lattice"].items():
        np.testing.assert_array_equal(again.comparison.quantities["lattice"][name], values)


@pytest.mark.parametrize(
    ("keys", "error", "sentence"),
    [
        ({"mesh_sise": 1.0}, ConfigurationError, "did you mean 'mesh_size'"),
        ({"mesh_size": 3.0}, InputError, "elements of 3 do not fill the box"),
        ({"dns": "1/x"}, ConfigurationError, "must be a number or a ratio"),
        ({"element": "quad"}, InputError, "the cell lies in space, where elements are hexahedron"),
        ({"inside": (0.0, 0.0)}, InputError, "inside is a point of three coordinates"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(keys: dict[str, object], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        mt.simulate("lcU1", "cube", **keys)
    with pytest.raises(InputError, match="there is no reference case 'lcX'"):
        mt.simulate("lcX", "cube")
