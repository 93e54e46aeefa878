"""What importing the package does, and files that are whole or not there."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import microtann as mt
from microtann.errors import MicrotannError
from microtann.system.atomic import atomic_path, write_atomically


def test_importing_switches_to_float64_and_draws_in_no_plotting() -> None:
    code = (
        "import microtann, sys, jax.numpy as jnp; assert jnp.zeros(1).dtype == jnp.float64; "
        "assert not {'matplotlib', 'pyvista', 'vtk', 'typer'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("before", "notices"),
    [
        ("", 0),
        ("import jax", 1),
        ("import jax; jax.config.update('jax_enable_x64', True)", 0),
    ],
)
def test_the_switch_is_told_once_to_those_who_use_jax(before: str, notices: int) -> None:
    code = f"{before}\nimport microtann\nimport microtann.training\n"
    undecided = {name: value for name, value in os.environ.items() if name != "JAX_ENABLE_X64"}
    command = [sys.executable, "-W", "always", "-c", code]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=undecided)
    assert ran.stderr.count("switches JAX to float64") == notices


def test_jax_computes_in_float64_whoever_imports_it_and_when() -> None:
    """Importing microtann does not import JAX, and yet decides its precision."""
    for order in ("import microtann, sys; assert 'jax' not in sys.modules; import jax", "import microtann, jax"):
        code = f"{order}; import jax.numpy as jnp; assert jnp.zeros(1).dtype == jnp.float64"
        subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"JAX_ENABLE_X64": "0"})


def test_every_public_name_is_imported_when_it_is_asked_for() -> None:
    """In a process of its own for every name, so that no import leans on another one."""
    code = (
        "import sys, microtann; before = set(sys.modules); value = getattr(microtann, sys.argv[1]); "
        "assert sys.argv[1] in dir(microtann); assert set(sys.modules) - before; "
        "assert not {'matplotlib', 'pyvista', 'typer', 'scipy.stats'} & set(sys.modules)"
    )
    for name in ("cube_cell", "load", "fem", "forms", "Structure", "train", "simulate", "studies"):
        subprocess.run([sys.executable, "-c", code, name], check=True)
    assert set(mt._PLACE_OF) | {"export", "fem", "forms", "plotting", "reproduction", "studies"} == set(mt.__all__)
    with pytest.raises(AttributeError, match="no attribute 'cubical'"):
        mt.cubical  # noqa: B018


def test_lattices_do_without_jax() -> None:
    code = (
        "import sys, numpy as np, microtann as mt; cell = mt.square_cell(); "
        "mt.solve_cell(cell, mt.ElastoplasticBar(), np.eye(3)); assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_model_is_loaded_without_anything_else_imported() -> None:
    """Its form has to be found although nobody has imported `microtann.forms`, and no other form is imported."""
    code = (
        "import sys; from microtann.tann import load; import numpy as np; tann = load('cube'); "
        "assert 'microtann.forms.variational.form' not in sys.modules; "
        "from microtann.tann.form import FORMS; assert 'play' in FORMS; "
        "state = tann.initial_state(1); tann.update(np.zeros((1, 6)), state)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_recall_in_float32_is_refused() -> None:
    tann = mt.load("cube")
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(MicrotannError, match="float64"):
            tann.recall(np.zeros((2, 6)))
    finally:
        jax.config.update("jax_enable_x64", True)
    assert tann.recall(np.zeros((2, 6))).stress.dtype == np.float64


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_atomically(path, "first")
    write_atomically(path, b"second")
    assert path.read_text() == "second"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file.vtu"
    path.write_text("old")

    def fail() -> None:
        with atomic_path(path) as temporary:
            assert temporary.suffix == ".vtu"
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("room", ["", "export", "fem", "forms", "plotting", "reproduction", "studies", "training"])
def test_what_is_shown_is_what_is_meant_to_be_used(room: str) -> None:
    module = importlib.import_module(f"microtann.{room}" if room else "microtann")
    assert {name for name in dir(module) if not name.startswith("__")} == set(module.__all__) - {"__version__"}
