import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError, ConvergenceError, InputError, LimitLoadError, ReadingNote
from microtann.microstructure.driven.programme import zigzag_programme

PERTURBED = mt.cube_cell((2, 2, 2), perturbation=0.2, perturb="all")
SQUARE = mt.square_cell((2, 2), perturbation=0.2)


@pytest.mark.parametrize("cell", [PERTURBED, SQUARE, mt.cube_cell()], ids=["cube-perturbed", "square", "cube"])
@pytest.mark.parametrize("hardening", [0.1, 1e-3])
def test_uniaxial_stress_cycles(cell, hardening):
    bar = mt.ElastoplasticBar(hardening=hardening)
    response = mt.drive_cell(cell, bar, zigzag_programme("11", (1.5, -1.5, 0.0), 15))
    assert response.strain.shape == (45, cell.components)
    np.testing.assert_allclose(response.strain[[14, 29, 44], 0], [1.5, -1.5, 0.0], rtol=0, atol=1e-14)
    assert np.abs(response.stress[:, 1:]).max() <= 1e-11 * np.abs(response.stress).max()
    assert np.abs(response.plastic_strain).max() > 0.5
    assert (response.parts == 1).all()
    # the strain that was found, imposed as it is, gives the same response
    again = mt.solve_cell(cell, bar, response.strain)
    for name in ("stress", "energy", "dissipation", "force", "displacement"):
        np.testing.assert_allclose(getattr(again, name), getattr(response, name), rtol=0, atol=1e-11, err_msg=name)
    assert np.isclose(response.stress[0, 0] / response.strain[0, 0], _young(cell, bar), rtol=1e-9)


def _young(cell, bar):
    """Return the elastic modulus in direction 11 from unit strains."""
    columns = [
        mt.solve_cell(cell, bar, 1e-3 * np.eye(cell.components)[c][None]).stress[0] for c in range(cell.components)
    ]
    return 1e3 / np.linalg.inv(np.array(columns))[0, 0]


def test_plane_stress():
    step = mt.CellStep(strain={"11": 0.9, "22": -0.2, "12": 0.5}, stress={"33": 0.0, "23": 0.0, "13": 0.0})
    response = mt.drive_cell(PERTURBED, mt.ElastoplasticBar(), [step])
    assert np.abs(response.stress[:, 2:5]).max() < 1e-11
    np.testing.assert_allclose(response.strain[-1, [0, 1, 5]], [0.9, -0.2, 0.5])


def test_shear_at_zero_lateral_stress_then_release():
    programme = [mt.CellStep(strain={"12": 1.0}, rest="free"), mt.CellStep(rest="free", increments=4)]
    response = mt.drive_cell(SQUARE, mt.ElastoplasticBar(), programme)
    assert np.abs(response.stress[:10, :2]).max() < 1e-11
    assert np.abs(response.stress[-1]).max() < 1e-11
    assert abs(response.strain[-1, 2]) > 0.1  # what stays is plastic
    np.testing.assert_array_equal(response.step, np.repeat([0, 1], [10, 4]))


def test_stress_beyond_yield_and_back_in_all_components():
    rng = np.random.default_rng(0)
    stress = rng.normal(0, 1.0, 6)
    labels = ("11", "22", "33", "23", "13", "12")
    programme = [
        mt.CellStep(stress=dict(zip(labels, stress.tolist(), strict=True)), dt=0.5),
        mt.CellStep(rest="free", increments=3),
    ]
    response = mt.drive_cell(PERTURBED, mt.ElastoplasticBar(), programme)
    np.testing.assert_allclose(response.stress[9], stress, rtol=0, atol=1e-11)
    np.testing.assert_allclose(response.stress[4], stress / 2, rtol=0, atol=1e-11)
    np.testing.assert_allclose(response.time, [*(0.5 * np.arange(1, 11)), 6, 7, 8])
    assert np.abs(response.plastic_strain).max() > 0


def test_fixed_components_keep_their_strain():
    programme = [mt.CellStep(strain={"11": 0.4, "22": 0.1}), mt.CellStep(stress={"11": 0.0})]
    response = mt.drive_cell(SQUARE, mt.ElastoplasticBar(), programme)
    np.testing.assert_allclose(response.strain[10:, 1], 0.1)
    assert abs(response.stress[-1, 0]) < 1e-12


def test_an_increment_that_fails_is_halved_and_rolled_back():
    programme = [mt.CellStep(strain={"11": 2.0}, rest="free", increments=2)]
    whole = mt.drive_cell(PERTURBED, mt.ElastoplasticBar(), programme)
    cut = mt.drive_cell(PERTURBED, mt.ElastoplasticBar(), programme, iterations=4)
    assert (whole.parts == 1).all()
    assert (cut.parts > 1).any()
    assert np.abs(cut.stress[:, 1:]).max() < 1e-11
    # more parts are another path of increments: close, not equal, and its energy balance still closes
    np.testing.assert_allclose(cut.stress, whole.stress, rtol=0, atol=0.05)
    assert cut.dissipation.sum() == pytest.approx(whole.dissipation.sum(), rel=0.1)


def test_a_failure_says_increment_and_residuals():
    programme = [mt.CellStep(strain={"11": 2.0}, rest="free", increments=2)]
    with pytest.raises(ConvergenceError, match=r"step 1, increment 1 did not converge.*more increments") as caught:
        mt.drive_cell(PERTURBED, mt.ElastoplasticBar(), programme, iterations=1)
    assert caught.value.increment == 0
    assert len(caught.value.residuals) == 1


class TestLimitLoad:
    def test_regular_cells_by_hand(self):
        # uniaxial stress on the square: bars along 11 carry k · 1, both diagonals k · √2 / 2 each if 22 is held
        # by bars along 22, whose k · 1 is less than the diagonals' √2 k, so that they yield first
        ideal = mt.ElastoplasticBar(yield_stress=0.25, hardening=0.0)
        factor = mt.limit_load(mt.square_cell((1, 1)), ideal, [1.0, 0.0, 0.0])
        assert factor == pytest.approx(0.25 * (1 + 1), rel=1e-9)
        assert mt.limit_load(mt.square_cell((2, 2)), ideal, [1.0, 0.0, 0.0]) == pytest.approx(factor, rel=1e-9)

    def test_hardening_carries_anything(self):
        assert mt.limit_load(mt.cube_cell(), mt.ElastoplasticBar(), [1, 0, 0, 0, 0, 0]) == np.inf

    @pytest.mark.parametrize(("cell", "share"), [(PERTURBED, 1e-5), (SQUARE, 1e-9)], ids=["cube", "square"])
    def test_the_driven_cell_saturates_at_the_limit(self, cell, share):
        bar = mt.ElastoplasticBar(hardening=0.0)
        response = mt.drive_cell(cell, bar, [mt.CellStep(strain={"11": 300.0}, rest="free", increments=10)])
        direction = np.eye(cell.components)[0]
        limit = mt.limit_load(cell, bar, direction)
        assert response.stress[-1, 0] == pytest.approx(limit, rel=share)
        np.testing.assert_array_less(response.stress[:, 0], limit * (1 + 1e-9))

    def test_reaches_just_below_and_refuses_just_above(self):
        bar = mt.ElastoplasticBar(hardening=0.0)
        limit = mt.limit_load(SQUARE, bar, [1.0, 0, 0])
        below = mt.CellStep(stress={"11": 0.999 * limit}, rest="free")
        response = mt.drive_cell(SQUARE, bar, [below])
        np.testing.assert_allclose(response.stress[-1], [0.999 * limit, 0, 0], rtol=0, atol=1e-11)
        with pytest.raises(LimitLoadError, match=r"step 2: .* load factor 0\.5 of the step") as caught:
            mt.drive_cell(
                SQUARE, bar, [mt.CellStep(rest="free"), mt.CellStep(stress={"11": 2 * limit}, rest="free")]
            )
        assert caught.value.load_factor == pytest.approx(0.5, rel=1e-9)
        assert caught.value.step == 1

    def test_partly_ideal_cells_have_limits_only_where_needed(self):
        cell = mt.square_cell((1, 1))
        hardening = np.where(np.abs(cell.directions[:, 1]) > 0.99, 0.0, 0.1)  # only the bars along 22 are ideal
        bar = mt.ElastoplasticBar(hardening=hardening)
        assert mt.limit_load(cell, bar, [1.0, 1.0, 0.0]) == np.inf
        assert (
            mt.limit_load(cell, bar, [0.0, 1.0, 0.0]) == np.inf
        )  # the diagonals carry it, bars along 11 tie them

    @pytest.mark.parametrize("stress", [np.zeros(3), [1.0], [np.nan, 0, 0]])
    def test_bad_directions(self, stress):
        with pytest.raises(InputError, match="stress must have shape"):
            mt.limit_load(SQUARE, mt.ElastoplasticBar(hardening=0), stress)


def test_stress_against_which_the_cell_has_no_stiffness():
    grid = mt.UnitCell([[0, 0], [1, 0], [0, 1]], [[0, 1], [0, 2]], [1.0, 1.0], np.eye(2))
    note = pytest.warns(ReadingNote, match="the cell has no stiffness against a strain of 12")
    with note, pytest.raises(CellError, match="no stiffness against a strain of 12"):
        mt.drive_cell(grid, mt.ElastoplasticBar(), [mt.CellStep(strain={"11": 0.1}, rest="free")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strain": {"44": 1.0}}, "strain component '44'"),
        ({"strain": {"11": np.nan}}, "strain 11 must be a finite number"),
        ({"strain": {"11": 1.0}, "stress": {"11": 1.0}}, "both strain and stress of component 11"),
        ({"increments": 0}, "positive number of increments"),
        ({"dt": 0.0}, "dt must be positive"),
    ],
)
def test_bad_steps(arguments, message):
    with pytest.raises(InputError, match=message):
        mt.CellStep(**arguments)


def test_bad_programmes():
    with pytest.raises(InputError, match="no step"):
        mt.drive_cell(SQUARE, mt.ElastoplasticBar(), [])
    with pytest.raises(InputError, match="component 33 does not exist in this cell: there are 11, 22, 12"):
        mt.drive_cell(SQUARE, mt.ElastoplasticBar(), [mt.CellStep(strain={"33": 0.1})])


def test_programme_files(tmp_path):
    file = tmp_path / "programme.toml"
    file.write_text(
        'repeat = 2\n[[step]]\nstrain = { 11 = 0.5 }\nrest = "free"\nincrements = 4\n[[step]]\nstress = {11 = 0}\n'
    )
    steps = mt.read_programme(file)
    assert len(steps) == 4
    assert steps[0] == mt.CellStep(strain={"11": 0.5}, rest="free", increments=4, name="1")
    assert steps[1] == steps[3] == mt.CellStep(stress={"11": 0}, name="2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[step]\n", "not a TOML file"),
        ("steps = 1\n", "unknown key 'steps'"),
        ("repeat = 0\n[[step]]\n", "repeat must be a positive integer"),
        ("repeat = 2\n", r"has no \[\[step\]\]"),
        ("step = [1]\n", r"has no \[\[step\]\]"),
        ("[[step]]\nspeed = 1\n", "step 1: unknown key 'speed'"),
        ("[[step]]\n[[step]]\nstrain = 1\n", "step 2: strain must be a table"),
        ("[[step]]\nstrain = {11 = 'x'}\n", "strain 11 must be a finite number"),
        ("[[step]]\nrest = 'loose'\n", "rest is 'fixed' or 'free'"),
    ],
)
def test_bad_programme_files(tmp_path, text, message):
    file = tmp_path / "programme.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        mt.read_programme(file)


def test_missing_programme_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        mt.read_programme(tmp_path / "none.toml")
