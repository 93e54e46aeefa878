"""The weights λ of the losses (12) and (13) are hyper-parameters: they act, and are checked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microtann.cli.form_choice import choose_form
from microtann.data.increments import Dataset
from microtann.errors import ConfigurationError
from microtann.forms import Classical, Published, Residual
from microtann.numbers.settings import Setting
from microtann.studies.trials import Interval, random_trials
from microtann.training import train
from microtann.training.form import TrainableForm

STATES = ("state", "energy", "stress", "dissipation")
COORDINATES = ("coordinates", "jacobian", "energy", "stress", "dissipation")
SMALL = Published.by_recipe(
    "paper",
    states=4,
    encoder_widths=(12,),
    energy_widths=(12,),
    evolution_widths=(12,),
    epochs=(3,),
    batch=(50,),
    tuning_epochs=(4,),
    tuning_batch=(50,),
    patience=None,
)


@pytest.mark.parametrize("form", [Published.by_recipe("paper"), Classical(), Residual()])
def test_all_terms_count_once_by_default(form: TrainableForm) -> None:
    assert form.weights == dict.fromkeys(STATES, 1.0)
    if isinstance(form, Published):
        first = form.phases()[0].objective
        assert first.weights == dict.fromkeys(COORDINATES, 1.0)


@pytest.mark.parametrize("form", [SMALL, Residual(widths=(8,))])
@pytest.mark.parametrize("term", STATES)
def test_a_weight_multiplies_its_term_alone(square: Dataset, form: TrainableForm, term: str) -> None:
    dataset = form.prepare(square)
    point = form.start(dataset)
    batch = form.to_batch(point, dataset.training)
    reference = form.reference(batch)
    plain = form.weighted(reference)(point, batch)
    for weight in (3.0, 0.0):
        changed = replace(form, **{f"{term}_weight": weight}).weighted(reference)(point, batch)
        for name in STATES:
            factor = weight if name == term else 1.0
            np.testing.assert_allclose(changed[name], factor * plain[name], rtol=1e-12)


@pytest.mark.verify
def test_training_follows_the_weights(square: Dataset) -> None:
    """What counts a hundred times is learnt better, at the expense of the rest, in both losses."""

    def unweighted(form: Published) -> list[dict[str, float]]:
        """Return the terms at the end of the training and of the tuning, without their weights."""
        history = train(square, form).information.history
        last = [[r for r in history if r.phase == phase][-1].terms for phase in ("training", "tuning")]
        both = form.coordinates_weights, form.weights
        return [{n: t[n] / w for n, w in weights.items()} for t, weights in zip(last, both, strict=True)]

    stress, rest = unweighted(replace(SMALL, stress_weight=100.0)), unweighted(replace(SMALL, stress_weight=0.01))
    for heavy, light in zip(stress, rest, strict=True):
        assert heavy["stress"] < light["stress"]
        assert sum(heavy.values()) - heavy["stress"] > sum(light.values()) - light["stress"]


@pytest.mark.parametrize("name", ["published", "classical", "residual"])
def test_they_come_from_the_configuration(name: str) -> None:
    form = choose_form([Setting("train.form", name, "the test"), Setting("train.stress_weight", 2, "the test")])
    assert form.weights == {**dict.fromkeys(STATES, 1.0), "stress": 2.0}
    with pytest.raises(ConfigurationError, match=r"'train.energy_weight' in a.toml must be at least 0.0, got -1"):
        choose_form([Setting("train.form", name, "a.toml"), Setting("train.energy_weight", -1, "a.toml")])
    with pytest.raises(ConfigurationError, match=r"must be finite, got inf"):
        replace(form, dissipation_weight=np.inf)


def test_a_loss_of_nothing_is_refused() -> None:
    nothing = {f"{term}_weight": 0.0 for term in STATES}
    with pytest.raises(ConfigurationError, match=r"Residual: all weights of the loss \(training\) are 0: give"):
        Residual(**nothing)
    with pytest.raises(ConfigurationError, match=r"Published: all weights of the loss \(tuning\) are 0"):
        Published(**nothing)
    others = {**nothing, "state_weight": 1.0, "coordinates_weight": 0.0, "jacobian_weight": 0.0}
    with pytest.raises(ConfigurationError, match=r"\(training\) are 0: give one of coordinates_weight, jacobian"):
        Published(**others)


def test_they_can_be_searched() -> None:
    ranges = {"stress_weight": Interval(0.1, 10.0), "jacobian_weight": Interval(0.1, 10.0)}
    trials = random_trials(SMALL, ranges, 6, seed=1)
    assert trials[0].stress_weight == 1.0
    for trial in trials[1:]:
        assert 0.1 <= trial.coordinates_weights["stress"] == trial.weights["stress"] <= 10.0
        assert 0.1 <= trial.coordinates_weights["jacobian"] <= 10.0
    assert len({trial.stress_weight for trial in trials}) == 6
