"""Means over clusters in place of fields, a path at a time."""

from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError


def test_fields_become_means_over_clusters(tmp_path: Path) -> None:
    rng, labels, volume = np.random.default_rng(0), np.array([0, 1, -1, 1, 0]), np.array([1.0, 2.0, 5.0, 1.0, 3.0])
    strain = rng.standard_normal((3, 4, 3))
    fields = rng.standard_normal((3, 4, 5, 2))
    paths = [mt.AveragedPath(E, E, coordinates={"plastic": f}) for E, f in zip(strain, fields, strict=True)]
    sources = [mt.ClusterMeans(path, labels, volume) for path in paths]
    mt.write_paths(tmp_path / "data.h5", sources, {"stress": "1", "plastic": "1"})
    read = mt.read_dataset(tmp_path / "data.h5")
    assert read.coordinate_shapes == {"plastic": (2, 2)}
    for rows in (read.training, read.validation, read.test):
        f = fields[rows.path[0]]
        means = np.stack([(f[:, 0] + 3 * f[:, 4]) / 4, (2 * f[:, 1] + f[:, 3]) / 3], axis=1)
        np.testing.assert_allclose(rows.coordinates_next, means.reshape(4, -1), atol=1e-15)
    with pytest.raises(InputError, match="but there are 4 labels"):
        mt.ClusterMeans(paths[0], labels[:4]).read()
    with pytest.raises(InputError, match="cluster 1 has no point"):
        mt.ClusterMeans(paths[0], np.array([0, 0, 2, 2, 0])).read()
