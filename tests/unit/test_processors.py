"""The settings that stand for other processors do what their names say, and failures are told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests import processors

ASK = {
    "BLAS": "import numpy, threadpoolctl as t; print(*{i['architecture'] for i in t.threadpool_info()})",
    "one": "import numpy, threadpoolctl as t; print(*{i['num_threads'] for i in t.threadpool_info()})",
    "kernels": "from numba.core.registry import cpu_target;"
    "  print(cpu_target.target_context.codegen().magic_tuple()[1])",
}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("BLAS of Haswell", "Haswell"),
        ("BLAS of SkylakeX", "SkylakeX"),
        ("BLAS of Prescott", "Katmai"),  # OpenBLAS serves both with one kernel, which has the older one's name
        ("one thread", "1"),
        ("kernels for any processor", "generic"),
    ],
)
def test_a_setting_has_effect(name: str, answer: str) -> None:
    if name not in processors.possible():
        return  # a processor of another maker or age: the summary of a run says so
    code = ASK[name.split()[0]]
    environment = os.environ | processors.SETTINGS[name]
    told = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert told.strip() == answer


def test_failures_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    file = tmp_path / "test_some.py"
    file.write_text("import os\ndef test_of_one():\n    assert os.environ.get('COLOUR') != 'red'\n")
    monkeypatch.setattr(processors, "SETTINGS", {"red": {"COLOUR": "red"}, "blue": {"COLOUR": "blue"}})
    assert processors.main([str(file), "-p", "no:cacheprovider"]) == 1
    *_, red, blue = capsys.readouterr().out.splitlines()
    assert red.startswith("red: ")
    assert red.endswith("test_some.py::test_of_one")
    assert blue == "blue: all passed"


def test_a_setting_of_something_else_runs_beside_any_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = [{"internal_api": "openmp"}, {"internal_api": "openblas", "architecture": "Haswell"}]
    monkeypatch.setattr(processors, "threadpool_info", lambda: loaded)
    assert "BLAS of Haswell" not in processors.possible()
    assert {"BLAS of Prescott", "one thread", "kernels for any processor"} <= set(processors.possible())


def test_what_is_left_out_exists_and_what_is_asked_for_runs() -> None:
    assert all(list(processors.TESTS.glob(name)) for name in processors.SAME_EVERYWHERE)
    assert processors.chosen(["tests/unit/cli", "-x"]) == ["tests/unit/cli", "-x"]
    assert processors.chosen(["tests/unit/cli/test_hostile_input.py::test_a"])[1:] == []
    left_out = processors.chosen(["-m", "not verify", "--numprocesses", "2"])
    assert left_out[:4] == ["-m", "not verify", "--numprocesses", "2"]
    assert f"--ignore-glob={processors.TESTS / 'unit/cli'}" in left_out
    assert processors.chosen([])[:2] == ["-m", "not verify"]
