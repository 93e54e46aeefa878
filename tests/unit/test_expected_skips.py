"""A test that is skipped without being expected to makes the run fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from expected_skips import EXPECTED

TESTS = Path(__file__).parents[1]
BODIES = {
    "a call": "import pytest\ndef test_it(): pytest.skip('no licence')",
    "a mark": "import pytest\n@pytest.mark.skipif(True, reason='no licence')\ndef test_it(): pass",
    "a fixture": "import pytest\n@pytest.fixture\ndef f(): pytest.skip('no licence')\ndef test_it(f): pass",
    "a module": "import pytest\npytest.skip('no licence', allow_module_level=True)",
}
FINE = "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it(): assert False\ndef test_other(): pass"


def run(folder: Path, body: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_body.py").write_text(body)
    options = ["-p", "expected_skips", "-p", "no:cacheprovider", "-q", "--rootdir", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", *options, str(folder)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", BODIES)
def test_a_skip_that_nobody_expects_fails_with_name_and_reason(tmp_path: Path, kind: str) -> None:
    result = run(tmp_path, BODIES[kind])
    assert result.returncode != 0
    assert "test_body.py" in result.stdout
    assert "no licence" in result.stdout


def test_expected_failures_and_passes_are_left_alone(tmp_path: Path) -> None:
    assert run(tmp_path, FINE).returncode == 0


def test_every_expected_skip_names_a_test() -> None:
    for skip in EXPECTED:
        place = TESTS / skip.test.partition("::")[0]
        files = place.glob("test_*.py") if place.is_dir() else [place]
        assert any(skip.reason in file.read_text(encoding="utf-8") for file in files), skip
