"""What is out of the plane: from the material that knows it, in fields, files and figures; a lattice has none."""

from __future__ import annotations

import meshio
import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.fem import LinearElastic, Prescribed, Step, VonMises

YOUNG, POISSON = 2.0, 0.3
LAME = YOUNG * POISSON / ((1 + POISSON) * (1 - 2 * POISSON))


def stretched(material, stretch=0.1, mesh=None, steps=1):
    """Return the result of a square that is stretched along x and held along y."""
    mesh = mesh or mt.fem.box((1, 1), (2, 1))
    held = [Prescribed(lambda x: x[:, 0] == 0, "x"), Prescribed(lambda x: x[:, 1] >= 0, "y")]
    pulled = Prescribed(lambda x: x[:, 0] == 1, "x", stretch)
    return mt.fem.Model(mesh, material).solve([Step([*held, pulled], increments=steps)])


def written(result, folder):
    """Return stress and strain of the first cell in the last file, in the order XX, YY, ZZ, XY, YZ, XZ."""
    result.write(folder)
    data = meshio.read(sorted(folder.glob("*.vtu"))[-1]).cell_data
    return data["stress"][0], data["strain"][0], data["out_of_plane"][0]


def equivalent(stress):
    """Return von Mises' equivalent stress, as ParaView would from the six components."""
    xx, yy, zz, xy, yz, xz = stress
    shear = 3 * (xy**2 + yz**2 + xz**2)
    return np.sqrt(0.5 * ((xx - yy) ** 2 + (yy - zz) ** 2 + (zz - xx) ** 2) + shear)


def test_plane_strain_has_a_stress_out_of_the_plane(tmp_path) -> None:
    """λ ε11, and 2G ε11 as the equivalent stress."""
    result = stretched(LinearElastic.isotropic(YOUNG, POISSON, plane="strain"))
    stress, strain, known = written(result, tmp_path)
    np.testing.assert_allclose(stress[:, 2], 0.1 * LAME, rtol=1e-12)
    assert equivalent(stress[0]) == pytest.approx(0.1 * YOUNG / (1 + POISSON), rel=1e-12)
    assert not strain[:, 2].any()
    assert known.all()
    np.testing.assert_allclose(result.fields[-1]["stress 33"], 0.1 * LAME, rtol=1e-12)


def test_plane_stress_has_a_strain_out_of_the_plane(tmp_path) -> None:
    """−ν/E (σ11 + σ22)."""
    stress, strain, _ = written(stretched(LinearElastic.isotropic(YOUNG, POISSON, plane="stress")), tmp_path)
    np.testing.assert_allclose(strain[:, 2], -POISSON / YOUNG * stress[:, :2].sum(axis=1), rtol=1e-12)
    assert not stress[:, 2].any()


@pytest.mark.parametrize("hardening", [0.0, 0.2])
def test_flow_in_plane_strain_agrees_with_space(tmp_path, hardening: float) -> None:
    """One layer of hexahedra that cannot thicken has the same six components."""
    flat = stretched(VonMises(YOUNG, POISSON, 0.1, hardening, plane="strain"), 0.3, steps=2)
    mesh = mt.fem.box((1, 1, 1), (2, 1, 1))
    held = [Prescribed(lambda x: x[:, 0] == 0, "x"), *(Prescribed(lambda x: x[:, 0] >= 0, i) for i in "yz")]
    step = Step([*held, Prescribed(lambda x: x[:, 0] == 1, "x", 0.3)], increments=2)
    thick = mt.fem.Model(mesh, VonMises(YOUNG, POISSON, 0.1, hardening)).solve([step])
    assert flat.dissipation[-1] > 0.01
    stress, _, _ = written(flat, tmp_path)
    np.testing.assert_allclose(stress[:, :3], thick.fields[-1]["stress"][:, :3], rtol=1e-9)
    if not hardening:
        assert equivalent(stress[0]) == pytest.approx(0.1, rel=1e-9)


def test_a_lattice_of_the_plane_has_none_and_says_so(tmp_path) -> None:
    result = stretched(mt.Lattice(mt.square_cell()))
    stress, _, known = written(result, tmp_path)
    assert not known.any()
    assert not stress[:, 2].any()
    assert "stress 33" not in result.fields[-1]
    with pytest.raises(InputError, match="the material has no stress out of the plane: name one of 11, 22, 12"):
        mt.plotting.plot_body(result, "stress 33")
    given = LinearElastic(LinearElastic.isotropic(YOUNG, POISSON, plane="strain").stiffness)
    assert given.out_of_plane(given.initial_state(1)) is None


def test_beside_a_lattice_the_solid_alone_has_it(tmp_path) -> None:
    mesh = mt.fem.box((1, 1), (2, 1)).named(regions={"a": [0], "b": [1]})
    solid = LinearElastic.isotropic(YOUNG, POISSON, plane="strain")
    result = stretched({"a": mt.Lattice(mt.square_cell()), "b": solid}, mesh=mesh)
    stress, strain, known = written(result, tmp_path)
    np.testing.assert_array_equal(known, [0.0, 1.0])
    np.testing.assert_allclose(stress[:, 2], LAME * strain[:, 0] * known, rtol=1e-12)
    picture = mt.plotting.plot_body(result, "stress 33").axes[0].images[0].get_array()
    middle = picture.shape[0] // 2
    left, right = (picture[middle, int(share * picture.shape[1])].astype(int) for share in (0.25, 0.75))
    assert np.ptp(left) == 0  # grey
    assert np.ptp(right) > 30


def test_a_material_that_answers_otherwise_is_refused() -> None:
    solid = LinearElastic.isotropic(YOUNG, POISSON, plane="strain")
    solid.out_of_plane = lambda state: (np.zeros(1), np.zeros(1))
    with pytest.raises(InputError, match="two arrays of shape"):
        stretched(solid)
