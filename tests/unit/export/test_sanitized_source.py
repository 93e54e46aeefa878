"""Exported C under the address and undefined-behaviour sanitizers, with numbers that are hostile."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from exported_models import COMPILERS, FORMS, STRICT, gcc_needed

from microtann.export import write

pytestmark = gcc_needed
DRIVER = Path(__file__).parent / "hostile_inputs.c"
SANITIZED = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in ("cube-play", "cube-residual") else pytest.mark.verify)
        for name in FORMS
    ],
)
def test_hostile_numbers_are_refused_without_undefined_behaviour(name: str, compiler: str, tmp_path: Path) -> None:
    source = write(name, tmp_path, name="model")[0]
    program = tmp_path / "hostile"
    options = ["-std=c99", "-O1", *STRICT, *SANITIZED, "-I", str(tmp_path)]
    subprocess.run([compiler, *options, str(DRIVER), str(source), "-o", str(program), "-lm"], check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_header_serves_cpp(tmp_path: Path) -> None:
    source = write("cube-play", tmp_path, name="model")[0]
    text = '#include "model.h"\nint main() { return model_update(0, 1.0, 0, 0, 0, 0, 0, 0, 0, 0); }\n'
    (tmp_path / "caller.cpp").write_text(text)
    compiled = tmp_path / "model.o"
    subprocess.run(["gcc", "-std=c99", "-O0", "-c", str(source), "-o", str(compiled)], check=True)
    options = ["-Wall", "-Wextra", "-Werror", "-I", str(tmp_path)]
    call = ["g++", *options, str(tmp_path / "caller.cpp"), str(compiled), "-o", str(tmp_path / "caller"), "-lm"]
    subprocess.run(call, check=True)
    subprocess.run([str(tmp_path / "caller")], check=True)
