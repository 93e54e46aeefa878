"""What pages say in numbers is what cards, the protocol and the package say."""

from __future__ import annotations

import re

import numpy as np
import pytest

import microtann as mt
from microtann.evaluation.protocol_paths import path as protocol_path
from pages import PAGES, ROOT

HEADER = re.compile(r"^\|.*\| a \| b \|.*$", re.MULTILINE)


def text_of(page: str) -> str:
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


def test_columns_a_to_r_are_explained_before_their_first_table() -> None:
    found = 0
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        table = HEADER.search(text)
        if table is None:
            continue
        found += 1
        before = " ".join(text[: table.start()].split())
        if "models.md#the-paths-of-the-protocol" in before:
            continue
        for name in re.findall(r"(?<=\| )[a-h](?= \|)", table[0]):
            assert f"**{name}** {protocol_path(name, 6).description}" in before, f"{page}: {name}"
    assert found >= 4


def test_the_readme_says_of_every_form_whether_the_laws_hold() -> None:
    said = re.search(
        r"in the forms (.*?) it minimises .*?; the forms (.*?) are free networks", text_of("README.md")
    )
    assert said is not None
    lawful, free = (set(re.split(r", | and ", part)) for part in said.groups())
    assert lawful == {"play", "variational", "laws"}
    assert lawful | free == {getattr(mt.forms, name).name for name in mt.forms.__all__}


def test_seconds_of_training_are_those_of_the_card() -> None:
    card = mt.model_card("cube-4x4x4-perturbed")
    page = text_of("docs/cost-model.md")
    assert f"Its card says {card.data_seconds:.0f} and {card.training_seconds:.0f} s" in page
    assert f"the {card.training_seconds:.0f} s of its card" in page


@pytest.mark.verify
def test_the_error_of_the_reduced_square_is_that_of_the_table() -> None:
    row = re.search(r"\| 2 × 2 \| 16 \| (\S+) \|", (ROOT / "docs/models.md").read_text(encoding="utf-8"))
    assert row is not None
    tann = mt.reduce(mt.Lattice(mt.square_cell((2, 2), perturbation=0.2)), states=12)
    error = mt.evaluate(tann, ["a"]).paths["a"].stress
    np.testing.assert_allclose(error, float(row[1]), rtol=0.01)
