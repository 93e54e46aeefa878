"""Files of meshes, each by the reader that its suffix says."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from microtann.errors import InputError, ReadingNote
from microtann.mesh_files.abaqus_file import read_abaqus
from microtann.mesh_files.foreign_mesh import ForeignMesh
from microtann.mesh_files.gmsh_file import read_gmsh
from microtann.mesh_files.vtk_file import read_vtk

READERS: dict[str, Callable[[Path], ForeignMesh]] = {
    ".msh": read_gmsh,
    ".inp": read_abaqus,
    ".vtu": read_vtk,
    ".vtp": read_vtk,
    ".vtk": read_vtk,
}
"""What reads a file, by its suffix."""


def read_foreign_mesh(path: Path) -> ForeignMesh:
    """Read a file of gmsh (.msh), Abaqus (.inp) or VTK (.vtu, .vtp, .vtk), and warn of what was taken otherwise.

    Raises
    ------
    InputError
        If the file cannot be read, with the path in front.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path} is no mesh file that is known by its suffix: {', '.join(READERS)}")
    try:
        found = reader(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except Exception as error:  # a damaged file may say anything
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise InputError(f"{path} is damaged or not of the format that its suffix says: {reason}") from None
    for note in found.notes:
        warnings.warn(f"{path}: {note}", ReadingNote, stacklevel=3)
    return found
