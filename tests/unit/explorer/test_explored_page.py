"""The page stands alone, decodes what the model decodes, and says what cannot be explored."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from driven_page import Control, in_node
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.errors import InputError, MissingExtraError
from microtann.explorer import explore as exploring
from microtann.explorer.cell_picture import picture_of
from microtann.explorer.one_page import MODULES, one_script, page_file
from microtann.export.kernel_text import template
from microtann.microstructure.decoded_lines import DecodedLines
from microtann.microstructure.driven.mixed_control import MaterialSizes
from microtann.microstructure.protocol import Microstructure
from microtann.numbers.voigt import component_names

node_needed = pytest.mark.skipif(shutil.which("node") is None, reason="no node")


@pytest.fixture
def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write pages whose module is none: what else is in them can be looked at."""

    def files(exported: Any) -> dict[str, str | bytes]:
        face = template("face.mjs").replace("@ABOUT@", exported.described_json())
        return {f"{exported.prefix}.wasm": b"\0asm", f"{exported.prefix}.mjs": face}

    monkeypatch.setattr(exploring, "wasm_files", files)


def told(page: str) -> dict[str, Any]:
    """Return what the script of a page reads."""
    found = re.search(r'<script type="application/json" id="told">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_every_file_of_the_page_is_in_it_behind_what_it_imports() -> None:
    seen: set[str] = set()
    for name in MODULES:
        assert set(re.findall(r'from "\./(\w+)\.mjs"', page_file(f"{name}.mjs"))) <= seen, name
        seen.add(name)
    folder = Path(mt.__file__).parent / "explorer" / "page"
    assert {file.stem for file in folder.glob("*.mjs")} == seen


def test_one_script_imports_nothing_and_names_nothing_twice() -> None:
    script = one_script(template("face.mjs"))
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", script, re.MULTILINE)
    assert len(names) == len(set(names))


@pytest.mark.usefixtures("without_compiler")
@pytest.mark.parametrize("name", ["cube-play", "square-2x2@young=210e3,yield_strain=0.0015"])
def test_a_page_needs_nothing_else(name: str, tmp_path: Path) -> None:
    page = mt.explore(name, tmp_path / "own.html")
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"https?://|src=|@import|url\(", text.replace('href="data:,"', ""))
    inside = told(text)
    assert inside["model"]["components"] == list(component_names(mt.load(name).components))
    known = mt.load(name).information.training_range
    assert known is not None
    np.testing.assert_allclose(inside["model"]["range"], known.strain)
    assert inside["exact"]["about"]["states"] == (13 if "cube" in name else 16)
    assert len(text) < 200_000


@pytest.mark.usefixtures("without_compiler")
def test_the_command_says_how_large_the_page_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["explore", "cube", "--no-exact"])
    assert done.exit_code == 0, done.output
    assert re.search(r"written: cube\.html \(0\.\d+ MB\)", done.output)
    assert told(Path("cube.html").read_text(encoding="utf-8"))["exact"] is None


@node_needed
@pytest.mark.parametrize("name", ["square-2x2-perturbed", "cube-residual", "cube-published"])
def test_the_page_decodes_what_the_model_decodes(name: str) -> None:
    model = mt.load(name)
    z, v = model.states, model.components
    rng = np.random.default_rng()
    # plays of a small resistance bring the states to where the model's own may be
    coupling = rng.normal(0.0, 1.0, (z, v))
    arrays = {
        "elastic": np.eye(v).tolist(),
        "coupling": coupling.tolist(),
        "resistance": [0.01] * z,
        "energy": 1.0,
    }
    strains = rng.normal(0.0, 0.3, (5, v))
    steps = [Control(strain, np.zeros(v, dtype=bool)) for strain in strains]
    said = in_node(steps, MaterialSizes(1.0, 1.0), arrays=arrays, picture=picture_of(model)["decoder"])
    own = np.array([one["decoded"] for one in said["found"]])
    states = np.array([one["state"] for one in said["found"]]) + np.asarray(model.virgin_state())
    right = model.decode({"isv": states, "strain": strains})
    flat = np.concatenate([right[key].reshape(5, -1) for key in ("displacement", "force")], axis=1)
    assert np.abs(own - flat).max() <= 2e-6 * np.abs(flat).max()  # matrices in single precision


class Web(Microstructure):
    """A kind that no room of the package knows: threads that show themselves."""

    kind, fields, components = "web", {}, 3
    coordinate_shapes: ClassVar = {"displacement": (9, 2), "pull": (20,)}
    initial_state = update = decode = groups = of_groups = None  # type: ignore[assignment]

    def __init__(self, shown: bool = True) -> None:
        self.shown = shown

    def decoded_lines(self) -> DecodedLines | None:
        bars = mt.load("square-2x2-perturbed").microstructure.decoded_lines()
        return replace(bars, group="pull", label="pull of the threads") if self.shown else None


@pytest.mark.parametrize("shown", [True, False])
def test_any_microstructure_says_itself_which_lines_are_drawn(shown: bool) -> None:
    model = mt.load("square-2x2-perturbed")
    shapes = dict(zip(Web.coordinate_shapes, model.coordinate_shapes.values(), strict=True))
    web = mt.TANN(model.point, replace(model.information, microstructure=Web(shown), coordinate_shapes=shapes))
    picture, own = picture_of(web), picture_of(model)
    if shown:
        assert own.pop("label") == "force of the bars"
        assert picture.pop("label") == "pull of the threads"
        assert picture == own
    else:
        assert picture == {
            "missing": "Cells of bars and beams are drawn here; this is a microstructure of kind 'web'."
        }


def test_what_colours_the_lines_of_a_kind_has_the_size_that_paths_have() -> None:
    lattice, frame = mt.Lattice(mt.square_cell((2, 2))), mt.Frame(mt.honeycomb_cell(thickness=0.1))
    strain = np.linspace(0.0, 1.0, 20)[1:, None] * np.array([1.0, 0.0, 0.0])
    found = lattice.solve(strain).coordinates
    whole = lattice.cell.distinct_bars.area[lattice.cell.distinct_bars.of_bar]
    force = np.abs(found["force"]) * whole / lattice.cell.areas
    assert lattice.decoded_lines().typical_force(found) == pytest.approx(np.quantile(force, 0.98))
    beams = frame.decoded_lines()
    assert beams.typical_force({}) is None
    copies = frame.cell.distinct_bars.of_bar
    plastic = np.arange(frame.exact_states).reshape(frame.beam_shape)
    np.testing.assert_array_equal(beams.places, plastic[copies].reshape(len(copies), -1))


@pytest.mark.usefixtures("without_compiler")
def test_cells_that_are_not_drawn_are_told_in_a_sentence() -> None:
    model = mt.load("square-2x2")
    alone = mt.TANN(model.point, replace(model.information, microstructure=None))
    inside = told(exploring.page_text(alone, "alone"))
    assert inside["picture"] == {"missing": "The model names no microstructure, so that there is no cell to draw."}
    assert inside["exact"] is None


@pytest.mark.parametrize(("path", "sentence"), [("page.txt", r"ends in \.html"), (".", "ends in .html")])
def test_a_page_is_an_html_file(path: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        mt.explore("cube", path)


def test_models_that_cannot_be_exported_are_refused_as_export_does(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="runs in Python alone"):
        mt.explore(mt.load("cube-residual").safe(limit=10.0), tmp_path / "safe.html")
    done = CliRunner().invoke(app, ["explore", "no-such-model"])
    assert done.exit_code == 2
    assert "there is no model file 'no-such-model'" in done.output


@pytest.mark.skipif(find_spec("ziglang") is not None, reason="ziglang is installed")
def test_without_a_compiler_the_line_that_installs_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtraError, match=r"pip install 'microtann\[compile\]'"):
        mt.explore("square-2x2", tmp_path / "page.html")
    assert not list(tmp_path.iterdir())
