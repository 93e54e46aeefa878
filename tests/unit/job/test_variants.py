"""Variants of a job: which there are, what is wrong with them, and that each is computed once and compared."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.errors import ConfigurationError, ConvergenceError
from microtann.job.variants import job_variants
from microtann.system.progress import ProgressReport

BAR = """\
[job]
title = "A bar"
[mesh]
lengths = [2.0, 1.0]
divisions = [2, 1]
[set.left]
x = 0.0
[set.right]
x = 2.0
[material]
kind = "elastic"
young = 3.0
poisson = 0.0
plane = "stress"
[[support]]
on = "left"
components = "xy"
[[step]]
[[step.load]]
kind = "displacement"
on = "right"
component = "x"
value = 0.1
[output]
pictures = []
fields = false
"""


@pytest.fixture
def bar(tmp_path: Path) -> Path:
    file = tmp_path / "bar.toml"
    file.write_text(BAR, encoding="utf-8")
    return file


def test_combinations_of_values() -> None:
    found = job_variants(["material.kind=model,exact", "mesh.divisions=[1, 2], [2, 2]", 'output.pictures="a,b"'])
    assert [dict(variant.changes) for variant in found] == [
        {"material.kind": kind, "mesh.divisions": divisions, "output.pictures": "a,b"}
        for kind in ("model", "exact")
        for divisions in ([1, 2], [2, 2])
    ]
    assert found[0].name == "kind=model,divisions=1_2,pictures=a_b"
    assert found == job_variants(
        {"material.kind": ["model", "exact"], "mesh.divisions": [[1, 2], [2, 2]], "output.pictures": ["a,b"]}
    )
    full = job_variants(["step.0.value=1,2", "step.1.value=3"])
    assert [variant.name for variant in full] == ["step.0.value=1,step.1.value=3", "step.0.value=2,step.1.value=3"]


def test_tables(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        '# night\nname,material.young,mesh.divisions\nsoft,1.0,\n"fine",2.0,"[4, 2]"\n', encoding="utf-8"
    )
    (tmp_path / "v.toml").write_text(
        '[[variant]]\nname = "soft"\nmaterial.young = 1.0\n[[variant]]\nname = "fine"\n"material.young" = 2.0\n'
        "[variant.mesh]\ndivisions = [4, 2]\n",
        encoding="utf-8",
    )
    wanted = {"soft": {"material.young": 1.0}, "fine": {"material.young": 2.0, "mesh.divisions": [4, 2]}}
    for name in ("v.csv", "v.toml"):
        assert {v.name: dict(v.changes) for v in job_variants(tmp_path / name)} == wanted
        assert job_variants([str(tmp_path / name)]) == job_variants(tmp_path / name)


WRONG_TABLES = {
    "line 3: the name 'a' stands for another variant already": "name,material.young\na,1.0\nA,2.0\n".replace(
        "A", "a"
    ),
    "line 3: 3 cells under 2 columns": "name,material.young\na,1.0\nb,1,2\n",
    "line 1: every column has a key of its own, not 'material.young'": "material.young,material.young\n1,2\n",
    "line 2: 'a/b' cannot be the name of a folder": "name,material.young\na/b,1.0\n",
    "is empty: its first line must name": "\n",
    "there is no variant": "name,material.young\n",
    r"line 2: unknown key 'material.youn' in .*bar\.toml, line 10: did you mean 'young'": "material.youn\n2.0\n",
    r"line 3: .*bar\.toml, line 16: the mesh has nothing called 'lift'": "support.0.on\nleft\nlift\n",
}


@pytest.mark.parametrize("sentence", WRONG_TABLES)
def test_what_is_wrong_is_said_before_anything_is_computed(sentence: str, bar: Path) -> None:
    table = bar.with_name("v.csv")
    table.write_text(WRONG_TABLES[sentence], encoding="utf-8")
    with pytest.raises(ConfigurationError, match=sentence):
        mt.studies.study_variants(bar, table, output=bar.with_name("out"))
    assert not bar.with_name("out").exists()


@pytest.mark.parametrize("given", [["young"], ["material.young="], ["a=1", "a=2"], ["a=1", "v.csv"]])
def test_values_that_are_none(given: list[str], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        job_variants(given)


def test_a_study_that_was_stopped_goes_on(bar: Path) -> None:
    """Stiffness 3 and 6 pull by EA u / L; the second is stopped once, the first is not computed again."""
    out, titles = bar.with_name("out"), []

    def shown(stop: str) -> object:
        @contextmanager
        def show(title: str) -> Iterator[ProgressReport]:
            titles.append(title)
            if title.startswith(stop):
                raise KeyboardInterrupt
            yield lambda done, total, note: None

        return show

    asked = {"material.young": [3.0, 6.0]}
    with pytest.raises(KeyboardInterrupt):
        mt.studies.study_variants(bar, asked, output=out, progress=shown("young=6.0"))  # type: ignore[arg-type]
    assert not (out / "comparison").exists()
    study = mt.studies.study_variants(bar, asked, output=out, progress=shown("none"))  # type: ignore[arg-type]
    assert [title.partition(" ")[0] for title in titles] == ["young=3.0", "young=6.0", "young=6.0"]
    for young in (3.0, 6.0):
        ends = study.numbers[f"young={young}"]
        assert ends["reactions"]["right"][0] == pytest.approx(young * 0.05, rel=1e-12)
    again = mt.studies.study_variants(bar, {"material.young": [3.0, 6.0, 9.0]}, output=out)
    assert set(again.numbers) == {"young=3.0", "young=6.0", "young=9.0"}
    with (out / "comparison/histories.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["variant"], float(row["reaction right x"])) for row in rows] == [
        (f"young={young}", pytest.approx(young * 0.05)) for young in (3.0, 6.0, 9.0)
    ]
    assert (out / "comparison/variants.png").is_file()
    assert "A bar" in (out / "report.html").read_text(encoding="utf-8")


def test_one_that_fails_is_named_and_the_others_go_on(bar: Path) -> None:
    """A force beyond the limit load has no equilibrium."""
    out = bar.with_name("out")
    plastic = {"material.kind": "von Mises", "material.plane": "strain", "material.yield_stress": 0.1}
    pulled = plastic | {"step.0.load.0.kind": "force", "step.0.increments": 2}
    study = mt.studies.study_variants(bar, {"step.0.load.0.value": [0.1, 0.4]}, pulled, output=out)
    assert list(study.numbers) == ["value=0.1"]
    assert "increment" in study.failures["value=0.4"]
    assert "value=0.4 failed" in study.section.paragraphs[1]
    with pytest.raises(ConvergenceError, match="every variant failed"):
        mt.studies.study_variants(bar, {"step.0.load.0.value": [0.4]}, pulled, output=out)


def test_the_command(bar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bar.parent)
    runner = CliRunner()
    done = runner.invoke(
        app, ["simulate", "bar.toml", "--variants", "material.young=1.0,2.0", "--set", "mesh.divisions=[1,1]"]
    )
    assert done.exit_code == 0, done.output
    assert "young=2.0" in done.output
    numbers = json.loads(Path("results/bar-variants/comparison/numbers.json").read_text(encoding="utf-8"))
    assert numbers["variants"]["young=2.0"]["gauss_points"] == 4
    for wrong in (["lcU1", "--variants", "a=1"], ["bar.toml", "--variants", "material.yung=1"]):
        refused = runner.invoke(app, ["simulate", *wrong])
        assert refused.exit_code == 2, refused.output


def test_pictures_of_no_field_are_told_before_the_run(bar: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"line 25: there is no field 'energie': did you mean 'energy'"):
        mt.read_job(bar, {"output.pictures": ["energie"]})
