"""Tables of single forms in a configuration file: each form reads its own, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from microtann.cli.form_choice import choose_form, choose_forms
from microtann.cli.sections import gather
from microtann.errors import ConfigurationError
from microtann.numbers.settings import collect_settings

TABLES = """
[train.published]
learning_rate = [1e-7]
batch = [1000]
epochs = [2]

[train]
form = "residual"
seed = 4
batch = 50

[train.residual]
batch = 100
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(TABLES)
    return path


def test_the_chosen_form_reads_its_own_table_alone(file: Path) -> None:
    form = choose_form(gather(file))
    assert (form.name, form.seed, form.batch) == ("residual", 4, 100)


def test_what_the_command_line_says_wins_over_a_table(file: Path) -> None:
    assert choose_form(gather(file, ["train.batch=7"])).batch == 7


def test_forms_side_by_side_have_keys_of_one_name_and_two_kinds(file: Path) -> None:
    file.write_text(TABLES.replace("batch = 50\n", ""))
    forms = choose_forms(gather(file, forms=("published", "residual")), ("published", "residual"))
    assert (forms["published"].batch, forms["published"].learning_rate) == ((1000,), (1e-7,))
    assert (forms["residual"].batch, forms["residual"].learning_rate) == (100, 5e-3)
    assert {form.seed for form in forms.values()} == {4}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[train.residual]\nbatches = 3\n", "unknown key 'train.batches' in"),
        ("[train]\nresidual = 3\n", "the key 'residual' of [train] in"),
        ("[train.resdiual]\nbatch = 3\n", "unknown key 'train.resdiual' in"),
        ("[train.residual]\nbatch = 0\n", "'train.batch' in"),
    ],
)
def test_a_mistake_in_a_table_is_told(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "run.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        choose_forms(collect_settings(file), ("residual",))
    assert sentence in str(caught.value)
