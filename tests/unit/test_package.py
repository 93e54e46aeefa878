"""What importing the package does, and files that are whole or not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import microtann as mt
from microtann.atomic import atomic_path, write_atomically
from microtann.errors import MicrotannError


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
    ran = subprocess.run([sys.executable, "-W", "always", "-c", code], check=True, capture_output=True, text=True)
    assert ran.stderr.count("switches JAX to float64") == notices


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
