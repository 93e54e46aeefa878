"""CalculiX built from the source of Debian, with the define that its binary lacks to load user materials."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "calculix"
"""Where it is built, and found again."""
HOOK = b"treatExternalBehaviour"
"""Part of a program that loads user materials."""
TOOLS = ("apt-get", "tar", "patch", "make", "gcc", "gfortran")
LIBRARIES = ("spooles", "arpack", "lapack", "blas")
PACKAGES = "apt-get install gfortran make patch libarpack2-dev libspooles-dev liblapack-dev"
CFLAGS = (
    '-O2 -I/usr/include/spooles -DARCH="Linux" -DSPOOLES -DARPACK -DMATRIXSTORAGE -DUSE_MT=1 '
    "-DCALCULIX_EXTERNAL_BEHAVIOURS_SUPPORT"
)
FFLAGS = "-O2 -fopenmp -fallow-argument-mismatch"
SUITE = "http://deb.debian.org/debian bookworm main"


class CannotBuildError(Exception):
    """A sentence on what is missing."""


def calculix() -> Path:
    """Return a program that loads user materials: the one that MICROTANN_CCX names, one of before, or a new one.

    Raises
    ------
    CannotBuildError
        If tools, libraries or the source are missing.
    """
    named = os.environ.get("MICROTANN_CCX")
    program = Path(named) if named else FOLDER / "ccx"
    if program.is_file():
        if HOOK not in program.read_bytes():
            raise CannotBuildError(f"{program} was built without CALCULIX_EXTERNAL_BEHAVIOURS_SUPPORT")
        return program
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or not _links():
        raise CannotBuildError(f"CalculiX needs compilers and libraries to be built: {PACKAGES}")
    return _built(_source())


def _links() -> bool:
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = FOLDER / "empty.f90"
    program.write_text("end\n", encoding="utf-8")
    libraries = [f"-l{name}" for name in LIBRARIES]
    done = subprocess.run(
        ["gfortran", program, "-o", FOLDER / "empty", *libraries], capture_output=True, check=False
    )
    return done.returncode == 0


def _source() -> Path:
    """Return the folder of the source, fetched with lists of its own, and with Debian's patches."""
    lists = FOLDER / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (FOLDER / "sources.list").write_text(f"deb-src {SUITE}\n", encoding="utf-8")
    private = {"Etc::sourcelist": FOLDER / "sources.list", "Etc::sourceparts": "/dev/null", "State::lists": lists}
    options = [f"-oDir::{name}={value}" for name, value in private.items()]
    for command in (["update"], ["source", "--download-only", "calculix-ccx"]):
        done = subprocess.run(
            ["apt-get", "-qq", *options, *command], cwd=FOLDER, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CannotBuildError(f"the source of CalculiX cannot be fetched: {done.stderr.strip()[-200:]}")
    for archive in (*FOLDER.glob("*.orig.tar.*"), *FOLDER.glob("*.debian.tar.*")):
        subprocess.run(["tar", "xf", archive.name], cwd=FOLDER, check=True)
    patches = FOLDER / "debian" / "patches"
    for name in (patches / "series").read_text(encoding="utf-8").split():
        with (patches / name).open(encoding="utf-8") as text:
            subprocess.run(["patch", "-p1", "-s"], cwd=FOLDER / "CalculiX", stdin=text, check=True)
    return next((FOLDER / "CalculiX").glob("ccx_*/src"))


def _built(source: Path) -> Path:
    target = source.parent.name
    flags = [f"CFLAGS={CFLAGS}", f"FFLAGS={FFLAGS}", "LDFLAGS=-ldl"]
    done = subprocess.run(["make", "-j2", *flags, target], cwd=source, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotBuildError(f"CalculiX does not compile: {done.stderr.strip()[-300:]}")
    return Path(shutil.copy(source / target, FOLDER / "ccx"))
