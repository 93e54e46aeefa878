"""The model file: one safetensors file with the arrays of a TANN and, as JSON, everything about them.

Tensors are named by the path to them ("energy.coupling"), those of the microstructure by group and name
("cell.nodes"). The header's metadata hold "format", "schema", "parts" and "information" (docs/model-format.md).
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import jax
import numpy as np

from microtann.errors import ConfigurationError, InputError, ModelFileError
from microtann.microstructure.protocol import Microstructure
from microtann.microstructure.registry import (
    UnknownMicrostructure,
    microstructure_class,
    microstructure_of,
)
from microtann.numbers import voigt
from microtann.numbers.coordinates import width
from microtann.system.tensors import read_tensors, write_tensors
from microtann.tann.form import form_class
from microtann.tann.information import Information, TrainingRange, TrainingRecord
from microtann.tann.parts import Arrays, Description, put_together, take_apart
from microtann.tann.point import MaterialPoint
from microtann.tann.safe import SafeEvolution
from microtann.tann.scaling import Scaling

FORMAT = "microtann-tann"
SCHEMA = "2"
SHEAR = "engineering"
LONGEST = 300
"""Longest reason that a message shows, in letters; a damaged file may hold names of any length."""
PARTS = ("reduction", "energy", "evolution", "scaling")
RANGE = "training_range"
"""Group of the tensors of the training range; tensors outside of it and of the parts are of the microstructure."""

_RANGE = tuple(field.name for field in fields(TrainingRange))


def write_model(point: MaterialPoint, information: Information, path: str | os.PathLike[str]) -> None:
    """Write a model to one file, atomically.

    Parameters
    ----------
    point : MaterialPoint
    information : Information
    path : path
        Replaced if it exists; nothing is left behind if writing fails.

    Raises
    ------
    InputError
        If a part holds something that has no name, such as a lambda.
    """
    tensors: Arrays = {}
    parts = {name: take_apart(getattr(point, name), name, tensors) for name in PARTS}
    if information.training_range is not None:
        limits = {name: getattr(information.training_range, name) for name in _RANGE}
        tensors |= {f"{RANGE}.{name}": limit for name, limit in limits.items() if limit is not None}
    if information.microstructure is not None:
        for group, arrays in information.microstructure.groups().items():
            tensors |= {f"{group}.{name}": value for name, value in arrays.items()}
    metadata = {
        "format": FORMAT,
        "schema": SCHEMA,
        "parts": json.dumps(parts, ensure_ascii=False),
        "information": json.dumps(_describe(information), ensure_ascii=False),
    }
    write_tensors(path, tensors, metadata)


def read_model(path: Path) -> tuple[MaterialPoint, Information]:
    """Read a model.

    Raises
    ------
    ModelFileError
        If the file is damaged, of another schema, of an unknown form, or not a microtann model.
    """
    try:
        tensors, metadata, checksum = read_tensors(path)
    except ValueError as error:
        raise ModelFileError(str(error)) from error
    if metadata.get("format") != FORMAT:
        raise ModelFileError(
            f"{path} is a safetensors file but not a microtann model: its format is not {FORMAT!r}"
        )
    if metadata.get("schema") != SCHEMA:
        raise ModelFileError(
            f"{path} has schema {metadata.get('schema')!r}, but this version of microtann reads {SCHEMA!r}: "
            "update microtann or train the model again"
        )
    if not checksum:
        raise ModelFileError(f"{path} is damaged: its contents do not match their checksum; copy it again")
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise ModelFileError(f"{path} is damaged: {name} holds values that are not finite")
    try:
        described = json.loads(metadata["information"])
        _check_conventions(described)
        information = _information(described, tensors)
        point = _point(json.loads(metadata["parts"]), described["form_version"], information, tensors)
        _probe(point, information)
    except ConfigurationError as error:
        raise ModelFileError(
            f"{path} cannot be used: {str(error)[:LONGEST]}, or import what defines the form"
        ) from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:LONGEST]
        raise ModelFileError(f"{path} is damaged: its contents do not fit together ({reason})") from error
    if isinstance(information.microstructure, UnknownMicrostructure):
        warnings.warn(f"{path}: {information.microstructure.unknown}", stacklevel=3)
    return point, information


def _point(
    parts: Mapping[str, Description], version: int, information: Information, tensors: Arrays
) -> MaterialPoint:
    form = form_class(information.form)
    if version != form.version:
        raise InputError(f"it is of version {version} of the form {form.name!r}, here is version {form.version}")
    built = {name: put_together(parts[name], tensors, [*form.parts, Scaling, SafeEvolution]) for name in PARTS}
    return MaterialPoint(**built, components=information.components)


def _check_conventions(described: Mapping[str, Any]) -> None:
    """Refuse components in another order, or another kind of shear strain, than this package computes with."""
    components = int(described["components"])
    labels = list(voigt.component_names(components))
    order = list(described["voigt_order"])
    if len(order) != components or (order != labels and set(order) == set(labels)):
        raise InputError(f"the strain components are {order}, but microtann works with {labels}")
    if described["shear"] != SHEAR:
        raise InputError(f"the shear strains are {described['shear']!r}, but microtann works with {SHEAR!r} shear")


def _probe(point: MaterialPoint, information: Information) -> None:
    """Trace one increment and decode once, so that arrays that do not fit are found when a model is loaded.

    The increment is not computed: its kernels would be compiled, which takes long, before anything asks for them.
    """
    scales, count = np.asarray(point.scaling.driving), information.components + len(information.extra_names)
    if not ((scales > 0).all() and np.asarray(point.scaling.energy) > 0):
        raise ValueError("a scale is not positive")
    if scales.shape != (count,):
        raise ValueError(f"{len(scales)} driving variables for {information.components} strain components")

    def traced(driving: Array, dt: Array) -> tuple[Array, Array, Array]:
        state = point.virgin_state()
        new = point.scaled_increment(driving, state, driving, dt).state
        return state, new, point.reduction.decode(state, driving)

    state, new, decoded = jax.eval_shape(traced, np.zeros(count), np.zeros(()))
    training_range = information.training_range
    if training_range is not None:
        zeros = np.zeros(information.components)
        training_range.reach(zeros, zeros, np.zeros(state.shape))
    if new.shape != state.shape or decoded.shape != (width(information.coordinate_shapes),):
        raise ValueError("the evolution and the reduction have different numbers of states")


def _describe(information: Information) -> dict[str, Any]:
    microstructure = information.microstructure
    return {
        "form": information.form,
        "form_version": form_class(information.form).version,
        "components": information.components,
        "voigt_order": list(information.strain_names or voigt.component_names(information.components)),
        "shear": SHEAR,
        "coordinate_shapes": [[name, list(shape)] for name, shape in information.coordinate_shapes.items()],
        "extra_names": list(information.extra_names),
        "units": dict(information.units),
        "microstructure": None if microstructure is None else microstructure.kind,
        "history": [asdict(record) for record in information.history],
        "provenance": dict(information.provenance),
    }


def _strain_names(described: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the strain components where they are not those of Voigt's order."""
    order = tuple(described["voigt_order"])
    return () if order == voigt.component_names(int(described["components"])) else order


def _information(described: Mapping[str, Any], tensors: Arrays) -> Information:
    limits = {name: tensors.get(f"{RANGE}.{name}") for name in _RANGE}
    return Information(
        form=described["form"],
        components=int(described["components"]),
        coordinate_shapes={name: tuple(shape) for name, shape in described["coordinate_shapes"]},
        extra_names=tuple(described["extra_names"]),
        units=dict(described["units"]),
        training_range=None if limits["strain"] is None else TrainingRange(**limits),  # type: ignore[arg-type]
        microstructure=_microstructure(described, tensors),
        history=tuple(TrainingRecord(**record) for record in described["history"]),
        provenance=dict(described["provenance"]),
        strain_names=_strain_names(described),
    )


def _microstructure(described: Mapping[str, Any], tensors: Arrays) -> Microstructure | None:
    """Return what the model stands for; of a kind that is not known all arrays are kept."""
    kind = described["microstructure"]
    if kind is None:
        return None
    known = microstructure_class(kind)
    groups: dict[str, Arrays] = {}
    for path, tensor in tensors.items():
        group, _, name = path.partition(".")
        if group not in (*PARTS, RANGE) and (known is None or name in known.fields.get(group, ())):
            groups.setdefault(group, {})[name] = tensor
    if not groups and known is not None and known.fields:
        return None
    shapes = {name: tuple(shape) for name, shape in described["coordinate_shapes"]}
    return microstructure_of(kind, groups, shapes, int(described["components"]))
