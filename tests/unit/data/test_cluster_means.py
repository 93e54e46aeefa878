"""Means over clusters in place of fields, a path at a time."""

from pathlib import Path

import h5py
import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConfigurationError, InputError


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


def test_clusters_are_found_while_paths_are_read(tmp_path: Path) -> None:
    """Points that follow one of three histories, in sizes of their own, are told apart; so are opposite signs."""
    rng, points = np.random.default_rng(1), 60
    kind, size = rng.integers(0, 3, points), rng.uniform(0.5, 2.0, points)
    paths, reads = [], []
    for number in range(4):
        strain = np.cumsum(rng.standard_normal((6, 3)), axis=0)
        field = (strain @ rng.standard_normal((3, 6))).reshape(6, 3, 2)[:, kind] * size[:, None]
        paths.append(mt.AveragedPath(strain, strain, coordinates={"plastic": field}, name=f"run {number}"))
        with h5py.File(tmp_path / f"run-{number}.h5", "w") as file:
            file["E"], file["S"], file["field"] = strain, strain, field

    class Source:
        name = "counted"

        def __init__(self, path: mt.AveragedPath) -> None:
            self.path = path

        def read(self) -> mt.AveragedPath:
            reads.append(self.path.name)
            return self.path

    clustered = mt.clustered_paths([Source(path) for path in paths], 3)
    assert reads == [path.name for path in paths]
    labels = clustered[0].labels
    assert all(len(np.unique(labels[kind == one])) == 1 for one in range(3))
    np.testing.assert_array_equal(np.unique(labels), [0, 1, 2])
    assert mt.clustered_paths(paths, 200)[0].labels.shape == (points,)
    choice = mt.ImportChoice(
        strain="E", stress="S", components="11,22,12", shear="engineering", stress_unit="1",
        coordinates="plastic=field", units="plastic=1", clusters=3,
    )  # fmt: skip
    mt.import_data(sorted(tmp_path.glob("run-*.h5")), tmp_path / "data.h5", choice)
    assert mt.read_dataset(tmp_path / "data.h5").coordinate_shapes == {"plastic": (3, 2)}
    with pytest.raises(InputError, match="has no field stress: it has plastic"):
        mt.clustered_paths(paths, 3, field="stress")
    with pytest.raises(InputError, match="at least one cluster"):
        mt.clustered_paths(paths, 0)
    with pytest.raises(InputError, match="for each of 60 points"):
        mt.clustered_paths(paths, 3, volume=np.ones(4))
    still = [mt.AveragedPath(p.strain, p.stress, coordinates={"plastic": np.zeros((7, 2))}) for p in paths]
    with pytest.raises(InputError, match="nothing to cluster"):
        mt.clustered_paths(still, 3)
    with pytest.raises(ConfigurationError, match=r"say import\.coordinates"):
        mt.ImportChoice(clusters=3)
