import csv

import meshio
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.cell import cell
from microtann.data.path_file import read_path
from microtann.errors import InputError, LimitLoadError

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(cell)


def run(*arguments):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def rows(folder):
    with (folder / "averages.csv").open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def test_uniaxial_stress_from_options(tmp_path):
    folder = tmp_path / "out"
    output = run(
        "square", "--units", 2, "--perturbation", 0.2, "--strain", "11=0.6,-0.6,0", "--increments", 6, "-o", folder
    )
    assert "18 increments" in output
    with (folder / "the-end-of-every-step.csv").open(encoding="utf-8") as file:
        ends = list(csv.DictReader(file))
    assert [float(row["e11"]) for row in ends] == pytest.approx([0.6, -0.6, 0.0])
    assert {row["s22"] for row in ends} == {"0.0"}  # round-off is shown as zero
    assert "A driven cell" in (folder / "report.html").read_text(encoding="utf-8")
    table = rows(folder)
    assert len(table) == 19
    assert [float(table[i]["e11"]) for i in (0, 6, 12, 18)] == pytest.approx([0, 0.6, -0.6, 0])
    assert max(abs(float(row["s22"])) for row in table) < 1e-11
    for name in ("curves.png", "force.png", "plastic_strain.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    mesh = meshio.read(folder / "cell-0017.vtu")
    saved = mt.read_cell(folder / "cell.json")
    programme = [mt.CellStep(strain={"11": v}, rest="free", increments=6) for v in (0.6, -0.6, 0.0)]
    response = mt.drive_cell(saved, mt.read_bar(folder / "cell.json"), programme)
    np.testing.assert_allclose(
        mesh.point_data["displacement"][:, :2], response.displacement[-1], rtol=0, atol=1e-14
    )
    share = mesh.cell_data["share"][0]
    np.testing.assert_allclose(mesh.cell_data["force"][0] * share, response.force[-1], rtol=0, atol=1e-14)
    assert (folder / "cell.pvd").read_text().count("DataSet") == 18


def test_programme_file_cell_file_and_bar_options(tmp_path):
    programme = tmp_path / "p.toml"
    programme.write_text("[[step]]\nstress = { 11 = 0.2 }\nrest = 'free'\nincrements = 3\n")
    file = tmp_path / "cell.toml"
    mt.write_cell(file, mt.square_cell(), mt.ElastoplasticBar(young=2.0))
    run(file, "--hardening", 0.5, "--programme", programme, "-o", tmp_path / "out")
    assert mt.read_bar(tmp_path / "out" / "cell.json") == mt.ElastoplasticBar(2.0, 1 / 3, 0.5)
    assert float(rows(tmp_path / "out")[-1]["s11"]) == pytest.approx(0.2, rel=1e-10)


def test_a_configuration_file_and_the_one_beside_the_results(tmp_path):
    config = tmp_path / "run.toml"
    config.write_text(
        '[cell]\nkind = "square"\nunits = 2\n[bar]\nhardening = 0.2\n'
        '[loading]\nstrain = ["11=0.4,0"]\nincrements = 3\n'
    )
    run("--config", config, "--set", "cell.perturbation=0.1", "--seed", 3, "-o", tmp_path / "out")
    expected = mt.square_cell((2, 2), perturbation=0.1, seed=3)
    np.testing.assert_array_equal(mt.read_cell(tmp_path / "out" / "cell.json").nodes, expected.nodes)
    assert mt.read_bar(tmp_path / "out" / "cell.json").hardening == 0.2
    assert len(rows(tmp_path / "out")) == 7
    again = run("--config", tmp_path / "out" / "configuration.toml", "-o", tmp_path / "out")
    assert "kept" in again


def test_the_configuration_beside_the_results_of_a_cell_file_keeps_its_bars(tmp_path):
    file = tmp_path / "cell.toml"
    young = np.linspace(1.0, 2.0, len(mt.square_cell().bars))
    young = young[mt.square_cell().distinct_bars.of_bar]
    mt.write_cell(file, mt.square_cell(), mt.ElastoplasticBar(young=young))
    run(file, "--hardening", 0.5, "--strain", "11=0.1", "-o", tmp_path / "one")
    run("--config", tmp_path / "one" / "configuration.toml", "-o", tmp_path / "two")
    for folder in ("one", "two"):
        bar = mt.read_bar(tmp_path / folder / "cell.json")
        np.testing.assert_array_equal(bar.young, young)
        assert np.all(bar.hardening == 0.5)


def test_a_cell_file_takes_no_key_of_a_family(tmp_path):
    file = tmp_path / "cell.toml"
    mt.write_cell(file, mt.square_cell())
    with pytest.raises(InputError, match=r"cell\.toml is as it is: it takes no units"):
        run(file, "--units", 2, "--strain", "11=0.1", "-o", tmp_path / "out")


def test_strain_path_file(tmp_path):
    path = tmp_path / "path.csv"
    path.write_text("time,e11,e22,e12\n0.5,0.1,0,0\n1.5,0.5,-0.2,0.3\n")
    run("square", "--path", path, "-o", tmp_path / "out")
    last = rows(tmp_path / "out")[-1]
    assert float(last["time"]) == 1.5
    expected = mt.solve_cell(mt.square_cell((1, 1)), mt.ElastoplasticBar(), [[0.1, 0, 0], [0.5, -0.2, 0.3]])
    assert [float(last[f"s{i}"]) for i in ("11", "22", "12")] == pytest.approx(
        expected.stress[-1].tolist(), rel=1e-12
    )


def test_the_averages_of_a_cell_are_a_strain_path(tmp_path):
    """A response to stress, given back as a path of strains, is the same response."""
    run("square", "--strain", "11=0.6,-0.3,0", "--increments", "5", "-o", tmp_path / "driven")
    path = tmp_path / "driven" / "averages.csv"
    run("square", "--path", path, "-o", tmp_path / "again")
    driven, again = rows(tmp_path / "driven"), rows(tmp_path / "again")
    assert len(again) == len(driven) == 16
    for one, other in zip(driven, again, strict=True):
        assert (one["time"], one["e11"], one["e22"], one["e12"]) == (
            other["time"],
            other["e11"],
            other["e22"],
            other["e12"],
        )
        for name in ("s11", "s22", "s12", "energy", "dissipation"):
            assert float(other[name]) == pytest.approx(float(one[name]), abs=1e-12)
    # `evaluate --strain` reads paths by the same function
    time, strain = read_path(path, 3)
    assert time.tolist() == [float(row["time"]) for row in driven[1:]]
    assert strain[:, 1].tolist() == [float(row["e22"]) for row in driven[1:]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sphere", "--strain", "11=1"], "there is no cell 'sphere'"),
        (["cube"], "give one loading"),
        (["cube", "--strain", "11=1", "--path", "x.csv"], "x.csv cannot be read"),
        (["cube", "--strain", "11"], "--strain must look like"),
        (["cube", "--strain", "11=a"], "--strain must look like"),
        (["cube", "--strain", "11=1,2", "--stress", "22=1,2,3"], "same number of turning points"),
        (["cube", "--strain", "11=0.1", "--strain", "11=0.2"], "--strain is given twice for component 11"),
        (["cube", "--strain", "11=1", "--rest", "loose"], "must be one of 'free', 'fixed', got 'loose'"),
        (["cube", "--strain", "77=1"], "names the strain component '77'"),
        (["square", "--strain", "33=1"], "component 33 does not exist"),
        (
            ["cube", "--units", "0", "--strain", "11=1"],
            "'cell.units' in the command line must be at least 1, got 0",
        ),
        (["cube", "--young", "-1", "--strain", "11=1"], "'bar.young' in the command line must be larger than 0"),
    ],
)
def test_bad_input(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        run(*arguments, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_used_is_found_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("microtann.cli.cell.drive", lambda *_: pytest.fail("the cell was driven"))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="did not write there"):
        run("cube", "--strain", "11=1", "-o", tmp_path)
    with pytest.raises(InputError, match=r"out cannot be made: .*notes\.txt: File exists"):
        run("cube", "--strain", "11=1", "-o", tmp_path / "notes.txt" / "out")


def test_stress_beyond_the_limit_load(tmp_path):
    with pytest.raises(LimitLoadError, match="load factor"):
        run("cube", "--hardening", 0, "--stress", "11=9", "-o", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
