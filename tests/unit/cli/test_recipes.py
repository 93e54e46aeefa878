"""A recipe fills the hyper-parameters that are not given."""

from __future__ import annotations

from pathlib import Path

import pytest

from microtann.cli.form_choice import choose_form, choose_forms
from microtann.cli.sections import gather
from microtann.errors import ConfigurationError
from microtann.forms import Published


def test_the_recipe_of_the_paper_is_its_schedule_and_settings_win() -> None:
    options = {"train.form": "published", "train.recipe": "paper"}
    form = choose_form(gather(None, ["train.epochs=[7]", "train.seed=3"], options))
    assert form == Published.by_recipe("paper", epochs=(7,), seed=3)
    assert (form.batch, form.optimiser, form.initial, form.residual) == ((100,), "nadam", "random", False)
    assert [phase.name for phase in form.phases()] == ["training", "tuning"]


def test_ours_is_the_default_and_has_no_algorithm_1() -> None:
    form = choose_form(gather(None, None, {"train.form": "published"}))
    assert form == Published() == Published.by_recipe("ours")
    assert [phase.name for phase in form.phases()] == ["tuning", "closed loop"]
    trained = Published(epochs=(3,))
    assert [phase.name for phase in trained.phases()] == ["training", "tuning", "closed loop"]


def test_a_table_of_one_form_may_hold_a_recipe(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('[train.published]\nrecipe = "paper"\nbatch = [50]\n')
    forms = choose_forms(gather(file, forms=("published", "residual")), ("published", "residual"))
    assert forms["published"] == Published.by_recipe("paper", batch=(50,))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("published", "the form 'published' has no recipe 'papr': choose from ours, paper"),
        ("play", "the form 'play' has no recipe 'papr': it has none"),
    ],
)
def test_a_recipe_that_is_not_there_is_told(form: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'train.recipe' in the command line: {sentence}"):
        gather(None, ["train.recipe=papr"], {"train.form": form})
