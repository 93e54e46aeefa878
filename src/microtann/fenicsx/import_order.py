"""The import of FEniCSx: what it needs, in which order its libraries are loaded, and what is said otherwise."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Collection, Mapping

from microtann.errors import InputError, MissingExtraError

INSTALL = 'pip install "microtann[fenicsx]"'
"""What installs it."""
OLDEST_PYTHON = (3, 12)
"""Its wheels are made for this Python and later ones."""


def require_dolfinx() -> None:
    """Load h5py, mpi4py and dolfinx, in this order.

    Two HDF5 libraries, that of h5py and that of dolfinx, get along in one process only if that of h5py comes
    first; and mpi4py is what finds the MPI library that dolfinx needs.

    Raises
    ------
    MissingExtraError
        If it is not installed, or there is no compiler for its forms.
    InputError
        If dolfinx was loaded before.
    """
    check_import_order(sys.modules)
    missing = missing_reason()
    if missing:
        raise MissingExtraError(missing)
    for module in ("h5py", "mpi4py.MPI", "dolfinx.fem.petsc", "dolfinx.io"):
        importlib.import_module(module)


def check_import_order(loaded: Collection[str]) -> None:
    """Refuse modules that were loaded in an order which does not work.

    Parameters
    ----------
    loaded : collection of str
        Names of the modules, in the order in which they were loaded, as ``sys.modules`` is.

    Raises
    ------
    InputError
    """
    order = [name for name in loaded if name in ("h5py", "dolfinx")]
    if order[:1] == ["dolfinx"]:
        raise InputError(
            "dolfinx was imported before h5py, and the two HDF5 libraries do not get along in this order: import "
            "microtann (or h5py, then mpi4py) before dolfinx"
        )


def missing_reason(
    version: tuple[int, ...] = tuple(sys.version_info[:2]),
    platform: str = sysconfig.get_platform(),
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Return why FEniCSx cannot be used here, in a sentence that says what to do; empty if it can.

    Parameters
    ----------
    version : tuple of int
        Of Python.
    platform : str
        As `sysconfig.get_platform` calls it.
    environment : mapping
        Of the process: CC names its compiler.
    """
    if importlib.util.find_spec("dolfinx") is None:
        if version < OLDEST_PYTHON:
            found = ".".join(map(str, version))
            return f"the engine fenicsx needs Python 3.12 or newer, this is {found}: there, {INSTALL}"
        if platform != "linux-x86_64":
            return (
                f"there is no wheel of FEniCSx for {platform}, only for Linux on x86_64: install dolfinx with "
                "PETSc from conda-forge, or use the engine of microtann"
            )
        return f"the engine fenicsx needs FEniCSx: {INSTALL}"
    compiler = shlex.split(environment.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    if shutil.which(compiler) is None:
        return (
            f"FEniCSx compiles its forms when it runs, and there is no compiler {compiler!r}: install one, such "
            "as gcc, or name it in the environment variable CC"
        )
    return ""
