"""Means of fields over clusters of points as internal coordinates, where there are too many points to keep."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.data.imported.averaged_path import AveragedPath, PathSource
from microtann.errors import InputError


@dataclass(frozen=True, eq=False)
class ClusterMeans:
    """A path whose fields become their means over clusters when it is read; `mt.write_paths` reads one at a time.

    Parameters
    ----------
    source : PathSource
        Its coordinates have shape (K, points, ...).
    labels : integer array, shape (points,)
        Cluster of every point, from 0; a point with −1 belongs to none.
    volume : array, shape (points,), optional
        Of every point; by default all are equal.
    """

    source: PathSource
    labels: Int[NDArray[np.int64], "p"]
    volume: Float[NDArray[np.float64], "p"] | None = None

    @property
    def name(self) -> str:
        """That of the path."""
        return self.source.name

    def read(self) -> AveragedPath:
        """Return the path with the means.

        Raises
        ------
        InputError
            If a field has another number of points than there are labels, or a cluster has no volume.
        """
        path, points = self.source.read(), len(self.labels)
        weight = np.ones(points) if self.volume is None else np.asarray(self.volume, dtype=np.float64)
        share = np.zeros((int(self.labels.max(initial=-1)) + 1, points))
        inside = np.flatnonzero(self.labels >= 0)
        share[self.labels[inside], inside] = weight[inside]
        total = share.sum(axis=1)
        if not (total > 0.0).all():
            raise InputError(f"cluster {int(np.argmin(total))} has no point with a volume")
        share /= total[:, None]
        means = {}
        for key, values in path.coordinates.items():
            if values.ndim < 2 or values.shape[1] != points:
                raise InputError(f"{path.name}: {key} has shape {values.shape}, but there are {points} labels")
            means[key] = np.einsum("cp,kp...->kc...", share, values)
        return replace(path, coordinates=means)
