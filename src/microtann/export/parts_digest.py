"""A digest of what a model computes, by which a file that was written of it knows it again."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from microtann.tann.model_file import PARTS
from microtann.tann.parts import Arrays, take_apart
from microtann.tann.trained_model import TANN


def parts_digest(model: TANN) -> str:
    """Return the SHA-256, in hexadecimal, of the parts of a model and their arrays.

    Range, provenance and microstructure are left out: they do not change what the model computes.
    """
    arrays: Arrays = {}
    parts = {name: take_apart(getattr(model.point, name), name, arrays) for name in PARTS}
    digest = hashlib.sha256(json.dumps([model.components, parts], sort_keys=True).encode())
    for path, values in sorted(arrays.items()):
        own = np.asarray(values)
        digest.update(f"{path} {own.dtype.newbyteorder('<').str} {own.shape}".encode())
        digest.update(own.astype(own.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
