"""Job files that ship with microtann: the reference structures lcU1 to lcH."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from microtann.errors import InputError
from microtann.numbers.configuration import nearest
from microtann.system.toml import from_toml

FOLDER = "shipped"


def shipped_jobs() -> dict[str, str]:
    """Return the titles of the job files that ship with microtann, by their names.

    Examples
    --------
    >>> from microtann.job.shipped_jobs import shipped_jobs
    >>> shipped_jobs()["lcT2"]
    'lcT2: torsion by 60°, bottom fixed, top free in z'
    """
    files = sorted(_folder().glob("*.toml"))
    return {file.stem: str(from_toml(file.read_text(encoding="utf-8"))["job"]["title"]) for file in files}


def job_path(name: Path) -> Path:
    """Return a job file as it is, or that which ships under its name where there is no such file.

    Raises
    ------
    InputError
        If it is no file, has not the ending of one, and none ships under its name.
    """
    if name.exists() or name.suffix == ".toml":
        return name
    shipped = _folder() / f"{name.name}.toml"
    if name.name != str(name) or not shipped.is_file():
        names = shipped_jobs()
        raise InputError(
            f"there is no job {str(name)!r}: {nearest(str(name), names)}those that ship are {', '.join(names)}"
        )
    return shipped


def _folder() -> Path:
    return Path(str(resources.files("microtann.job"))) / FOLDER
