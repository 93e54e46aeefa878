"""``microtann train --seeds``: the best of several seeds is kept, and all of them are told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.data.file import read_dataset, write_dataset
from microtann.system.toml import to_toml
from microtann.training import train_seeds
from microtann.training.form import form_table

FORM = mt.forms.Published(
    states=4,
    reduction="pod",
    evolution_widths=(24,),
    epochs=(6,),
    batch=(40,),
    learning_rate=(3e-3,),
    tuning_epochs=(),
    loop_epochs=(),
)


@pytest.mark.verify
def test_the_best_of_two_seeds_is_kept_and_both_are_reported(tmp_path: Path) -> None:
    data, output = tmp_path / "data.h5", tmp_path / "train"
    write_dataset(data, mt.generate_data(mt.Lattice(mt.square_cell((1, 1))), plan=mt.WalkPlan(paths=30, steps=20)))
    file = tmp_path / "form.toml"
    file.write_text(to_toml({"train": form_table(FORM)}))
    arguments = ["train", str(data), "--config", str(file), "--seeds", "2", "--output", str(output)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    expected, tried = train_seeds(read_dataset(data), FORM, 2)
    found = mt.load(output / "model.safetensors")
    strain = np.random.default_rng(0).normal(0, 0.05, (3, 8, 3)).cumsum(axis=1)
    stress = [tann.recall(strain, outside_training="none").stress for tann in (found, expected)]
    np.testing.assert_allclose(stress[0], stress[1], rtol=1e-9, atol=1e-12)
    text = (output / "section.json").read_text()
    tables = {table["title"]: table["rows"] for table in json.loads(text)["tables"]}
    assert [row[0] for row in tables["Seeds"]] == [0, 1]
    shown = [np.inf if row[1] is None else row[1] for row in tables["Seeds"]]  # a model may run away
    np.testing.assert_allclose(shown, [r.error for r in tried], rtol=1e-6)
    assert [row[0] for row in tables["Seeds"] if row[2] == "kept"] == [min(tried, key=lambda r: r.error).seed]
