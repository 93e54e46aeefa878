"""A host in Fortran that tries and throws away finds with a user material what the model recalls."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.export import write
from microtann.numbers.voigt import from_order

DRIVER = Path(__file__).with_name("umat_driver.f90")
POINTS, STEPS = 8, 40
MODELS = [
    "cube-play",
    *(pytest.param(f"cube-{name}", marks=pytest.mark.verify) for name in ("2x2x2-perturbed", "published")),
]


@pytest.fixture(scope="module", params=MODELS)
def driven_model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    if shutil.which("gfortran") is None or shutil.which("gcc") is None:
        pytest.skip("the host needs gfortran and gcc (apt-get install gfortran)")
    folder = tmp_path_factory.mktemp("driver")
    source = write(request.param, folder, to="umat")[0]
    subprocess.run(["gcc", "-std=c99", "-O1", "-c", source, "-o", folder / "material.o"], check=True)
    command = [
        "gfortran",
        "-O1",
        "-Wall",
        "-Werror",
        DRIVER,
        folder / "material.o",
        "-o",
        folder / "driver",
        "-lm",
    ]
    subprocess.run(command, check=True)
    return request.param, folder / "driver"


def walks(rng: np.random.Generator) -> tuple[list[int], np.ndarray]:
    """Strains that walk."""
    return [1] * 6, np.cumsum(rng.normal(0.0, 0.08, (POINTS, STEPS, 6)), axis=1)


def cycles(rng: np.random.Generator) -> tuple[list[int], np.ndarray]:
    """Strains that go to and fro along a direction of every point, ever farther."""
    phase = np.arange(1, STEPS + 1)
    amplitude = 0.9 * phase / STEPS * np.sin(0.5 * phase)
    return [1] * 6, amplitude[:, None] * rng.uniform(-1.0, 1.0, (POINTS, 1, 6))


def mixed(rng: np.random.Generator) -> tuple[list[int], np.ndarray]:
    """Two strains go to and fro; four stresses are kept at what every point has of its own."""
    _, given = cycles(rng)
    given[:, :, 2:] = 0.1 * rng.uniform(-1.0, 1.0, (POINTS, 1, 4))
    return [1, 1, 0, 0, 0, 0], given


@pytest.mark.parametrize("programme", [walks, cycles, mixed])
def test_the_host_finds_what_the_model_recalls(driven_model: tuple[str, Path], programme, tmp_path: Path) -> None:
    name, driver = driven_model
    model = mt.load(name)
    driven, given = programme(np.random.default_rng())
    file, result = tmp_path / "programme", tmp_path / "result"
    file.write_bytes(np.array([POINTS, STEPS, model.states + 2, *driven], np.int32).tobytes() + given.tobytes())
    subprocess.run([driver, file, result], check=True)
    outcome = np.fromfile(result).reshape(POINTS, STEPS, 14)
    strain, stress = outcome[..., :6], outcome[..., 6:12]
    recalled = model.recall(from_order(strain, "abaqus", "strain"), outside_training="none")
    own = from_order(stress, "abaqus", "stress")
    differences = [
        np.abs(found - right).max() / np.abs(right).max()
        for found, right in (
            (own, recalled.stress),
            (outcome[..., 12], recalled.energy),
            (outcome[..., 13], np.cumsum(recalled.dissipation, axis=1)),
        )
    ]
    print(differences)
    assert max(differences) < 1e-11
    held = np.array(driven) == 0
    np.testing.assert_allclose(np.where(held, stress, strain), given, rtol=0, atol=1e-11)
    assert recalled.dissipation.max() > 1e-3
