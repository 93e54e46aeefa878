"""Groups from plastic strains of points alone: found among other coordinates, whatever their components are."""

from dataclasses import replace

import numpy as np
import pytest

from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.forms.variational.clusters.field_start import amplitudes_of_fields, groups_of_fields, holds_fields
from microtann.forms.variational.clusters.point_fields import orthonormal_maps, plastic_field
from point_cell import PointCell

DEVIATOR = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, -2.0]]) / np.sqrt([[2.0], [6.0]])


@pytest.fixture(scope="module")
def data():
    """Return data of a cell of points that do not tell of the cell."""
    cell = PointCell.at_random(3, points=4)
    made = generate(cell, WalkPlan(paths=20, steps=30, increment=0.4, smallest_increment=0.1, limit=3.0))
    return cell, replace(made, microstructure=None)


def with_coordinates(dataset, transform, **shapes):
    def changed(part):
        new = (transform(rows) for rows in (part.coordinates, part.coordinates_next))
        return replace(part, **dict(zip(("coordinates", "coordinates_next"), new, strict=True)))

    return replace(
        dataset,
        training=changed(dataset.training),
        validation=changed(dataset.validation),
        test=changed(dataset.test),
        coordinate_shapes=shapes,
        units={},
    )


def test_one_group_a_point_is_the_cell_itself(data):
    cell, dataset = data
    assert holds_fields(dataset)
    system = groups_of_fields(dataset, 12, lambda size: 4)
    assert np.abs(system.elasticity - cell.elasticity).max() < 2e-3 * np.abs(cell.elasticity).max()
    inverse = np.linalg.inv(cell.hessian)
    relaxed = cell.elasticity - cell.coupling.T @ inverse @ cell.coupling
    found = system.elasticity - system.coupling.T @ system.coupling
    assert np.abs(found - relaxed).max() < 2e-2 * np.abs(cell.elasticity).max()
    # dissipation per unit plastic strain, whatever the amplitudes are: in the same order as that of the points
    per_direction = system.resistance / np.linalg.norm(system.directions, axis=0).reshape(4, 3).mean(axis=1)
    size = np.sqrt(
        np.trace(cell.hessian.reshape(4, 3, 4, 3).transpose(0, 2, 1, 3)[range(4), range(4)], axis1=1, axis2=2) / 3
    )
    assert np.allclose(np.sort(per_direction), np.sort(cell.volume_fraction * cell.resistance / size), rtol=0.1)


def test_fewer_groups_and_unknowns_are_an_energy_still(data):
    system = groups_of_fields(data[1], 4, lambda size: 6 // size)
    assert system.count <= 2
    assert system.directions.shape[0] == 4


def test_the_plastic_strains_are_found_among_displacements_and_what_accumulates(data):
    _, dataset = data
    draw = np.random.default_rng(4).standard_normal((3, 60))

    def transform(rows):
        accumulated = np.zeros((len(rows), 30))
        return np.hstack([np.zeros((len(rows), 60)) + rows.sum(axis=1)[:, None] * draw[0], accumulated, rows])

    def moved_elastically(part):
        rows = part.coordinates_next.copy()
        rows[:, :60] += (part.strain + part.strain_increment) @ draw
        return replace(part, coordinates_next=rows)

    more = with_coordinates(dataset, transform, displacement=(30, 2), accumulated=(30,), plastic=(4, 3))
    more = replace(more, training=moved_elastically(more.training))
    columns = plastic_field(more)
    assert columns.shape == (4, 3)
    assert columns.min() == 90
    assert plastic_field(with_coordinates(dataset, lambda rows: np.abs(rows[:, :1]), force=(1,))) is None


@pytest.mark.parametrize(("names", "shear"), [("3", 1.0), ("3", 0.5), ("4", 1.0), ("4", 0.5)])
def test_components_are_told_by_the_dissipation(data, names, shear):
    _, dataset = data

    def tensor(rows):
        points = rows.reshape(len(rows), 4, 3)
        normal = points[..., :2] @ DEVIATOR
        kept = normal[..., :2] if names == "3" else normal
        engineering = shear * np.sqrt(2.0) * points[..., 2:]
        return np.concatenate([kept, engineering], axis=2).reshape(len(rows), -1)

    other, rows = with_coordinates(dataset, tensor, plastic=(4, int(names))), np.arange(len(dataset.training))
    plain, told = (amplitudes_of_fields(one, rows, lambda size: 4) for one in (dataset, other))
    assert told.groups.sizes.tolist() == [3] * 4
    assert np.allclose(np.sort(told.resistance), np.sort(plain.resistance), rtol=1e-6)


def test_norms_of_deviators_in_space_do_not_depend_on_how_their_components_are_written():
    draw = np.random.default_rng(5)
    root = draw.standard_normal((3, 3))
    strain = root + root.T
    strain -= np.trace(strain) / 3.0 * np.eye(3)
    written = strain[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]] * np.array([1, 1, 1, 2, 2, 2])
    assert np.linalg.norm(written @ orthonormal_maps(6)[1]) == pytest.approx(np.linalg.norm(strain))
