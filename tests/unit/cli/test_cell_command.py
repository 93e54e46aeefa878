import csv

import meshio
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.cell import cell
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
    table = rows(folder)
    assert len(table) == 19
    assert [float(table[i]["e11"]) for i in (0, 6, 12, 18)] == pytest.approx([0, 0.6, -0.6, 0])
    assert max(abs(float(row["s22"])) for row in table) < 1e-11
    for name in ("curves.png", "force.png", "plastic_strain.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    mesh = meshio.read(folder / "cell-0002.vtu")
    saved = mt.read_cell(folder / "cell.json")
    programme = [mt.CellStep(strain={"11": v}, rest="free", increments=6) for v in (0.6, -0.6, 0.0)]
    response = mt.drive_cell(saved, mt.read_bar(folder / "cell.json"), programme)
    np.testing.assert_allclose(mesh.point_data["displacement"][:, :2], response.displacement[-1], atol=1e-14)
    np.testing.assert_allclose(mesh.cell_data["force"][0], response.force[-1], atol=1e-14)
    assert (folder / "cell.pvd").read_text().count("DataSet") == 3


def test_programme_file_cell_file_and_bar_options(tmp_path):
    programme = tmp_path / "p.toml"
    programme.write_text("[[step]]\nstress = { 11 = 0.2 }\nrest = 'free'\nincrements = 3\n")
    file = tmp_path / "cell.toml"
    mt.write_cell(file, mt.square_cell(), mt.ElastoplasticBar(young=2.0))
    run(file, "--hardening", 0.5, "--programme", programme, "-o", tmp_path / "out")
    assert mt.read_bar(tmp_path / "out" / "cell.json") == mt.ElastoplasticBar(2.0, 1 / 3, 0.5)
    assert float(rows(tmp_path / "out")[-1]["s11"]) == pytest.approx(0.2, rel=1e-10)


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sphere", "--strain", "11=1"], "there is no cell 'sphere'"),
        (["cube"], "give one loading"),
        (["cube", "--strain", "11=1", "--path", "x.csv"], "x.csv cannot be read"),
        (["cube", "--strain", "11"], "--strain must look like"),
        (["cube", "--strain", "11=a"], "--strain must look like"),
        (["cube", "--strain", "11=1,2", "--stress", "22=1,2,3"], "same number of turning points"),
        (["cube", "--strain", "77=1"], "names the strain component '77'"),
        (["square", "--strain", "33=1"], "component 33 does not exist"),
        (["cube", "--units", "0", "--strain", "11=1"], "units must be"),
        (["cube", "--young", "-1", "--strain", "11=1"], "young must be finite and > 0"),
    ],
)
def test_bad_input(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        run(*arguments, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_stress_beyond_the_limit_load(tmp_path):
    with pytest.raises(LimitLoadError, match="load factor"):
        run("cube", "--hardening", 0, "--stress", "11=9", "-o", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
