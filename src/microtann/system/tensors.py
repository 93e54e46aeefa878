"""Files of named arrays (safetensors) whose bytes depend on the contents alone and whose damage is noticed.

The header's metadata hold texts; one of them, "sha256", is a digest of all arrays and all other texts.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from microtann.system.atomic import write_atomically

CHECKSUM_KEY = "sha256"


class Tensors(NamedTuple):
    """Contents of a file.

    Parameters
    ----------
    arrays : dict
    texts : dict
        Metadata, without the checksum.
    checksum : bool
        Whether the file has a checksum that its contents agree with.
    """

    arrays: dict[str, NDArray[Any]]
    texts: dict[str, str]
    checksum: bool


def write_tensors(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str]
) -> None:
    """Write arrays and texts to one file, atomically; the same contents give the same bytes.

    Parameters
    ----------
    path : path
        Replaced if it exists.
    arrays : mapping
        By name.
    texts : mapping
        Metadata by name.
    """
    whole = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in sorted(arrays.items())}
    content = to_bytes(whole, metadata=dict(texts) | {CHECKSUM_KEY: _digest(whole, texts)})
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    ordered = json.dumps(_sorted(header), ensure_ascii=False, separators=(",", ":")).encode()
    ordered += b" " * (-len(ordered) % 8)  # safetensors aligns the data to 8 bytes
    write_atomically(path, len(ordered).to_bytes(8, "little") + ordered + content[8 + size :])


def read_tensors(path: Path) -> Tensors:
    """Read a file.

    Raises
    ------
    ValueError
        If it is not a complete safetensors file.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            texts = dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is not a complete safetensors file: {error}") from error
    expected = texts.pop(CHECKSUM_KEY, None)
    return Tensors(arrays, texts, expected == _digest(arrays, texts))


def _digest(arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(sorted(texts.items())).encode())
    for name, array in sorted(arrays.items()):
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).data if array.size else b"")
    return digest.hexdigest()


def _sorted(header: dict[str, Any]) -> dict[str, Any]:
    """Return the header with its metadata first and all names in order."""
    metadata = dict(sorted(header.pop("__metadata__", {}).items()))
    return {"__metadata__": metadata} | dict(sorted(header.items()))
