"""A user material refuses what it cannot compute in the way of its host: by XIT or PNEWDT, and no wrong number."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from microtann.export import write

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
HOST = Path(__file__).with_name("umat_host.c")
ENDS = {
    "plane stress": "it is not for elements of 2 direct and 1 shear components: use solid elements or plane",
    "few states": "*DEPVAR must be 15, its 13 internal state variables and two energies, and it is 14",
    "more states": "*DEPVAR must be 15, its 13 internal state variables and two energies, and it is 16 (compile",
    "number": "the deck was written for the model of number 7, and this is the one of number",
    "order": "the deck says the order of components of number 2, and it was exported for that of number 1, abaqus",
    "rotation": "it is for small rotations: use NLGEOM=NO, or give *ORIENTATION",
    "no time": "at point 3 of element 12: the time increment must be positive",
    "backwards": "at point 3 of element 12: the time increment must be positive",
}
CUTS = {
    "no number": "at point 3 of element 12: a strain is no number",
    "far": "at point 3 of element 12: the strain is far outside of the range of the training",
    "state": "at point 3 of element 12: a state is no number",
}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("hosts")
    source = write("cube-play", folder, to="umat")[0]
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run(["gcc", *strict, "-c", source, "-o", folder / "material.o"], check=True)
    programs = {"abaqus": ["-DHAS_XIT"], "other": []}
    for name, flags in programs.items():
        command = ["gcc", "-std=c99", *flags, HOST, folder / "material.o", "-o", folder / name, "-lm"]
        subprocess.run(command, check=True)
    return {name: folder / name for name in programs}


def called(host: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run([host, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("wrong", ENDS)
def test_what_no_shorter_increment_mends_ends_the_analysis(hosts: dict[str, Path], wrong: str) -> None:
    """By XIT in Abaqus, which other hosts do not have."""
    for host, ends in (("abaqus", 77), ("other", 201)):
        code, said = called(hosts[host], wrong, "15")
        assert (code, said.count("\n")) == (ends, 1)
        assert said.startswith(" *ERROR in the user material cube-play: ")
        assert ENDS[wrong] in said


@pytest.mark.parametrize("wrong", CUTS)
def test_what_shorter_increments_may_mend_cuts_them(hosts: dict[str, Path], wrong: str) -> None:
    code, said = called(hosts["abaqus"], wrong, "15")
    sentence, numbers = said.strip().split("\n")
    assert code == 0
    assert CUTS[wrong] in sentence
    next_time, stress, tangent = map(float, numbers.split())
    assert next_time == 0.25
    assert np.isnan([stress, tangent]).all()
    assert called(hosts["abaqus"], wrong, "15", "without PNEWDT")[0] == 77


@pytest.mark.parametrize("right", ["", "rest"])
def test_hosts_need_not_pass_what_is_not_read(hosts: dict[str, Path], right: str) -> None:
    code, said = called(hosts["other"], right, "15", "without PNEWDT")
    assert code == 0
    assert "nan" not in said
    assert "material" not in said
