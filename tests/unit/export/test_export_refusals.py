"""What cannot be exported is refused in a sentence that says what can."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.errors import InputError
from microtann.export import CompiledModel, compile_source, write
from random_slips import random_slip_tann


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"to": "fortran"}, "a model cannot be written for 'fortran': use one of c, umat"),
        ({"order": "kratos"}, "c takes no order 'kratos' of components: use no other than its own"),
        ({"to": "umat", "order": "vtk"}, "umat takes no order 'vtk' of components: use abaqus, kratos"),
        ({"name": "2 cubes"}, "'2 cubes' is no name for symbols in C"),
        ({"farthest": -1.0}, "the farthest reach must be positive, got -1.0"),
        ({"farthest": float("nan")}, "the farthest reach must be positive, got nan"),
    ],
)
def test_options_that_do_not_exist_are_refused(options: dict[str, object], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=sentence):
        write("cube-play", tmp_path, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_models_that_are_not_written_in_c_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="depends on extra 0 besides the strain, which no host passes"):
        write(random_slip_tann(0, 3, 3, extra=1), tmp_path)
    with pytest.raises(InputError, match=r"is not written in C.*can be exported"):
        write(mt.load("cube-residual").safe(limit=10.0), tmp_path)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no source"):
        compile_source(tmp_path / "nothing.c")
    with pytest.raises(InputError, match="there is no library"):
        CompiledModel(tmp_path / "nothing.so")


def test_the_command_writes_what_the_function_writes(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["export", "cube-play", "-o", str(tmp_path / "command"), "--name", "solid"])
    assert done.exit_code == 0, done.output
    for path in write("cube-play", tmp_path / "function", name="solid"):
        assert (tmp_path / "command" / path.name).read_text() == path.read_text()
    refused = CliRunner().invoke(app, ["export", "cube-play", "--to", "tape"])
    assert refused.exit_code == 2
