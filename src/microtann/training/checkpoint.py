"""Checkpoints: a training run that was interrupted goes on where it stopped, with the same result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from microtann.atomic import write_atomically
from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError
from microtann.tann.information import TrainingRecord
from microtann.training.configuration import TrainingConfig

FORMAT = "microtann-checkpoint"


class Checkpoint(NamedTuple):
    """Where a training run stands.

    Parameters
    ----------
    phase : int
        Index of the phase.
    states : int
        Internal state variables of the model in this phase.
    model : list of arrays
        Leaves of the model at the start of the phase.
    optimisation : list of arrays
        Leaves of the state of the optimisation.
    history : tuple of TrainingRecord
    """

    phase: int
    states: int
    model: list[NDArray[Any]]
    optimisation: list[NDArray[Any]]
    history: tuple[TrainingRecord, ...]


def fingerprint(dataset: Dataset, config: TrainingConfig) -> str:
    """Return a digest of the configuration and of the training data."""
    digest = hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode())
    for array in (
        dataset.training.strain_increment,
        dataset.training.stress_next,
        dataset.training.coordinates_next,
    ):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def leaves(tree: PyTree) -> list[NDArray[Any]]:
    """Return the arrays of a pytree in their order."""
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def restored(tree: PyTree, arrays: Sequence[NDArray[Any]]) -> PyTree:
    """Return ``tree`` with its arrays replaced, in their order."""
    return jax.tree.unflatten(jax.tree.structure(tree), [jnp.asarray(a) for a in arrays])


def write_checkpoint(path: Path, checkpoint: Checkpoint, owner: str) -> None:
    """Write a checkpoint atomically; ``owner`` is the run's fingerprint."""
    tensors = {f"model.{i}": a for i, a in enumerate(checkpoint.model)}
    tensors |= {f"optimisation.{i}": a for i, a in enumerate(checkpoint.optimisation)}
    described = {
        "phase": checkpoint.phase,
        "states": checkpoint.states,
        "history": [asdict(record) for record in checkpoint.history],
    }
    metadata = {"format": FORMAT, "owner": owner, "checkpoint": json.dumps(described)}
    contiguous = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in tensors.items()}
    write_atomically(path, to_bytes(contiguous, metadata=metadata))


def read_checkpoint(path: Path, owner: str) -> Checkpoint | None:
    """Return the checkpoint of this run, or None if there is none.

    Raises
    ------
    ConfigurationError
        If the file is damaged or belongs to another configuration or data set.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ConfigurationError(f"the checkpoint {path} is damaged ({error}): delete it to start anew") from error
    if metadata.get("format") != FORMAT or metadata.get("owner") != owner:
        raise ConfigurationError(
            f"the checkpoint {path} belongs to another configuration or data set: "
            "delete it, or choose another output"
        )
    described = json.loads(metadata["checkpoint"])
    return Checkpoint(
        described["phase"],
        described["states"],
        _numbered("model", tensors),
        _numbered("optimisation", tensors),
        tuple(TrainingRecord(**record) for record in described["history"]),
    )


def _numbered(group: str, tensors: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
    count = sum(name.startswith(f"{group}.") for name in tensors)
    return [tensors[f"{group}.{i}"] for i in range(count)]
