"""Checkpoints: a training run that was interrupted goes on where it stopped, with the same result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree
from numpy.typing import NDArray
from pydantic import TypeAdapter

from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError
from microtann.system.tensors import read_tensors, write_tensors
from microtann.tann.agreement import Quantities, disagreement, quantities_of
from microtann.tann.information import TrainingRecord
from microtann.tann.parts import Arrays, put_together, take_apart
from microtann.tann.point import MaterialPoint
from microtann.tann.scaling import Scaling
from microtann.training.form import TrainableForm

CHECKPOINT_FORMAT = "microtann-checkpoint"
CHECKPOINT_SCHEMA = "2"
OTHER = "another configuration or data set"


class TrainingCheckpoint(NamedTuple):
    """Where a training run stands.

    Parameters
    ----------
    phase : int
        Index of the phase.
    former : MaterialPoint
        The point before it entered the phase.
    loss : float
        Training loss of the former point.
    point : MaterialPoint
        The point at the start of the phase.
    optimisation : list of arrays
        Leaves of the state of the optimisation.
    history : tuple of TrainingRecord
    best : list of arrays, optional
        Leaves of the parameters of the lowest validation loss, if the phase keeps them.
    """

    phase: int
    former: MaterialPoint
    loss: float
    point: MaterialPoint
    optimisation: list[NDArray[Any]]
    history: tuple[TrainingRecord, ...]
    best: list[NDArray[Any]] | None = None


def fingerprint(dataset: Dataset, form: TrainableForm, former: MaterialPoint | None = None) -> str:
    """Return a digest of the form, its hyper-parameters, and all data but the test set, with names and units.

    The order of the groups of coordinates is that of their columns, so that it counts.

    Parameters
    ----------
    dataset : Dataset
    form : TrainableForm
    former : MaterialPoint, optional
        From which the training goes on.
    """
    named = [list(dataset.coordinate_shapes), asdict(quantities_of(dataset))]
    described = [form.name, form.version, asdict(form), named]  # type: ignore[call-overload]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for increments in (dataset.training, dataset.validation):
        for field in fields(increments):
            digest.update(np.ascontiguousarray(getattr(increments, field.name)).data)
    for array in () if former is None else leaves(former):
        digest.update(np.ascontiguousarray(array).data)
    if dataset.emphasis:
        digest.update(json.dumps(sorted(dataset.emphasis.items())).encode())
    if dataset.elastic_stiffness is not None:
        digest.update(np.ascontiguousarray(dataset.elastic_stiffness).data)
    return digest.hexdigest()


def leaves(tree: PyTree) -> list[NDArray[Any]]:
    """Return the arrays of a pytree in their order."""
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def restored(tree: PyTree, arrays: Sequence[NDArray[Any]]) -> PyTree:
    """Return ``tree`` with its arrays replaced, in their order."""
    return jax.tree.unflatten(jax.tree.structure(tree), [jnp.asarray(a) for a in arrays])


def write_training_checkpoint(path: Path, checkpoint: TrainingCheckpoint, owner: str, dataset: Dataset) -> None:
    """Write a checkpoint atomically; ``owner`` is the run's fingerprint, which goes with what its data hold.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    checkpoint : TrainingCheckpoint
    owner : str
        Fingerprint of the run.
    dataset : Dataset
        Of which units and names are kept, for a message.
    """
    tensors: Arrays = {}
    described = {
        "phase": checkpoint.phase,
        "loss": checkpoint.loss,
        "former": take_apart(checkpoint.former, "former", tensors),
        "point": take_apart(checkpoint.point, "point", tensors),
        "history": [asdict(record) for record in checkpoint.history],
    }
    for name, arrays in (("optimisation", checkpoint.optimisation), ("best", checkpoint.best or [])):
        tensors |= {f"{name}.{i}": a for i, a in enumerate(arrays)}
    metadata = {
        "format": CHECKPOINT_FORMAT,
        "schema": CHECKPOINT_SCHEMA,
        "owner": owner,
        "data": json.dumps(asdict(quantities_of(dataset))),
        "checkpoint": json.dumps(described),
    }
    write_tensors(path, tensors, metadata)


def updates_done(path: Path) -> int | None:
    """Return the updates of the run that a checkpoint keeps; None if there is no whole checkpoint.

    `read_training_checkpoint` says what is wrong with a damaged one.
    """
    if not path.exists():
        return None
    try:
        history = json.loads(read_tensors(path).texts["checkpoint"])["history"]
        return int(history[-1]["update"]) if history else 0
    except (ValueError, KeyError, TypeError):
        return None


def read_training_checkpoint(
    path: Path, owner: str, form: TrainableForm, dataset: Dataset
) -> TrainingCheckpoint | None:
    """Return the checkpoint of this run, or None if there is none.

    Parameters
    ----------
    path : Path
    owner : str
        Fingerprint of the run.
    form : TrainableForm
        Whose parts the file may hold.
    dataset : Dataset
        At hand, for a message.

    Raises
    ------
    ConfigurationError
        If the file is damaged or belongs to another configuration or data set; if their units or names differ,
        the message says so.
    """
    if not path.exists():
        return None
    try:
        tensors, metadata, checksum = read_tensors(path)
    except ValueError as error:
        raise ConfigurationError(f"the checkpoint {path} is damaged ({error}): delete it to start anew") from error
    if not checksum:
        raise ConfigurationError(f"the checkpoint {path} is damaged (checksum): delete it to start anew")
    if (metadata.get("format"), metadata.get("schema"), metadata.get("owner")) != (
        CHECKPOINT_FORMAT,
        CHECKPOINT_SCHEMA,
        owner,
    ):
        raise ConfigurationError(
            f"the checkpoint {path} belongs to {_difference(metadata, dataset) or OTHER}: delete it, or choose "
            "another output"
        )
    described = json.loads(metadata["checkpoint"])
    former, point = (
        put_together(described[name], tensors, (*form.parts, Scaling, MaterialPoint))
        for name in ("former", "point")
    )
    return TrainingCheckpoint(
        described["phase"],
        former,
        described["loss"],
        point,
        _numbered(tensors, "optimisation"),
        tuple(TrainingRecord(**record) for record in described["history"]),
        _numbered(tensors, "best") or None,
    )


def data_difference(path: Path, dataset: Dataset) -> str:
    """Return in what the data of a checkpoint differ from those at hand, as "other data (…)"; empty if unknown."""
    try:
        return _difference(read_tensors(path).texts, dataset)
    except (OSError, ValueError):
        return ""


def _difference(metadata: Mapping[str, str], dataset: Dataset) -> str:
    try:
        former = TypeAdapter(Quantities).validate_json(metadata.get("data", ""))
    except ValueError:
        return ""
    sentence = disagreement(former, dataset, ("its data", "those at hand"), advice=False)
    return f"other data ({sentence})" if sentence else ""


def _numbered(tensors: Arrays, prefix: str) -> list[NDArray[Any]]:
    count = sum(name.startswith(f"{prefix}.") for name in tensors)
    return [tensors[f"{prefix}.{i}"] for i in range(count)]
