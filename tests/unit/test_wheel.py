"""The wheel holds every file of the package, Python or not, as its build rules say.

Hatchling takes the whole folder of the package, less what git ignores or `exclude` names.
"""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import microtann
from microtann.job.shipped_jobs import shipped_jobs

ROOT = Path(__file__).parents[2]


def test_jobs_models_and_pages_that_ship_are_in_the_wheel() -> None:
    package = Path(microtann.__file__).parent
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wheel = rules["targets"]["wheel"]
    assert package == ROOT / wheel["packages"][0]
    for table in (rules, wheel):
        assert not {"exclude", "include", "only-include", "ignore-vcs"} & set(table)
    assert all((ROOT / source).exists() for source in wheel["force-include"])
    jobs = sorted((package / "job" / "shipped").glob("*.toml"))
    assert [job.stem for job in jobs] == sorted(shipped_jobs())
    assert len(jobs) == 7
    data = [file for file in package.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")]
    shipped = [str(file.relative_to(ROOT)) for file in data if "__pycache__" not in file.parts]
    assert set(jobs) <= set(data)
    told = subprocess.run(
        ["git", "check-ignore", "--no-index", *shipped], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (told.stdout, told.returncode) == ("", 1), told.stderr
