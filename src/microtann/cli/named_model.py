"""The material that a command works with: a model by name or file, an object of the user, or the exact cell."""

from __future__ import annotations

import hashlib
from pathlib import Path

from microtann.errors import InputError
from microtann.materials.protocol import Material, WritableMaterial
from microtann.system.code_digest import source_digest
from microtann.system.named_object import named_object
from microtann.system.stage import file_digest
from microtann.tann.shipped import find_model, load, units_of

EXACT = "exact"


def is_object(name: str) -> bool:
    """Return whether a name is module:name of an object of the user, and no file."""
    return ":" in name and not Path(name).exists()


def named_material(name: str) -> Material:
    """Return a model by its name or file, or a material of the user by module and name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name == EXACT:
        raise InputError(f"{EXACT!r} is not enough here: a microstructure is in the file if it was the material")
    if not is_object(name):
        return load(name)
    made = named_object(name)
    material = made() if isinstance(made, type) else made
    if not isinstance(material, Material):
        raise InputError(f"{name} is no material: it lacks initial_state or update")
    return material


def model_digest(name: str) -> str:
    """Return what identifies a model: the digest of its file, or of an object's code; none is needed for "exact".

    Raises
    ------
    InputError
        If there is no such model.
    """
    if name == EXACT:
        return EXACT
    if not is_object(name):
        return " in units of ".join(filter(None, (file_digest(find_model(name)), units_of(name))))
    material = named_material(name)
    digest = hashlib.sha256(source_digest(type(material)).encode())
    if isinstance(material, WritableMaterial):
        for group, arrays in sorted(material.groups().items()):
            for key, values in sorted(arrays.items()):
                digest.update(f"{group}/{key}".encode() + values.tobytes())
    return digest.hexdigest()
