"""Images of microstructures in files: PNG, arrays of NumPy, tables of whole numbers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import CellError

IMAGES = (".png", ".npy", ".csv", ".txt")
"""Suffixes of files that are read as images."""


def read_image(path: str | os.PathLike[str]) -> Int[NDArray[np.int64], "*n"]:
    """Return the whole numbers of an image, for `microtann.solid_of_image`.

    Parameters
    ----------
    path : path
        .png: grey levels from 0 to 255 of a picture without colours; .csv or .txt: rows of whole numbers, divided
        by commas or blanks; both as one sees them, x to the right and y upwards. .npy: an array of whole numbers,
        the first axis along x, the second along y, the third along z.

    Raises
    ------
    CellError
        If the file cannot be read, is in colours or holds other numbers.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in IMAGES:
        raise CellError(f"{file}: images are {', '.join(IMAGES)} files")
    try:
        if suffix == ".npy":
            values = np.load(file, allow_pickle=False)
        elif suffix == ".png":
            values = _grey_levels(file)
        else:
            text = file.read_text(encoding="utf-8").replace(",", " ").replace(";", " ")
            rows = [line.split() for line in text.splitlines() if line.strip()]
            values = np.array([[float(word) for word in row] for row in rows])
    except OSError as error:
        raise CellError(f"the image {file} cannot be read: {error.strerror or error}") from None
    except (ValueError, SyntaxError, EOFError) as error:
        raise CellError(f"the image {file} is not understood: {error}") from None
    if values.dtype.kind not in "buif" or not values.size or not (values == np.rint(values)).all():
        raise CellError(f"the image {file} must hold whole numbers alone")
    whole = np.asarray(values, dtype=np.int64)
    return whole if suffix == ".npy" else whole[::-1].T.copy()


def _grey_levels(file: Path) -> NDArray[np.int64]:
    """Return grey levels from 0 to 255, row by row from the top."""
    from matplotlib.image import imread

    picture = np.asarray(imread(file, format="png"))
    if picture.ndim == 3:
        colours = picture[..., : 3 if picture.shape[2] >= 3 else 1]
        if not (colours == colours[..., :1]).all():
            raise ValueError("it is in colours: save grey levels")
        picture = colours[..., 0]
    return np.rint(255.0 * picture).astype(np.int64)
