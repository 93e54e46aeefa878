import re
from pathlib import Path

import pytest

from microtann.data.schema import QUANTITIES, SCHEMA, VERSION, Layout

PAGE = Path(__file__).parents[3] / "docs" / "data-format.md"


def test_the_program_on_the_page_writes_a_file_without_errors(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert capsys.readouterr().out.splitlines()[-1] == "1 (700, 1)"
    assert "microtann" not in blocks[0].replace(SCHEMA, "")


def test_the_page_names_every_field_attribute_and_unit():
    text = PAGE.read_text(encoding="utf-8")
    layout = Layout(("11",), ("temperature",), {"NAME": ()}, {})
    attributes = ("schema", "schema_version", "voigt_order", "shear", "coordinate_names", "extra_names", "sha256")
    for name in (*(field.name for field in layout.fields), *QUANTITIES, *attributes):
        assert f"`{name}`" in text, name
    assert f"`{SCHEMA}`, version {VERSION}" in text


@pytest.mark.parametrize("word", ["11, 22, 33, 23, 13, 12", "γ = 2ε", "D·Δt ≥ 0".replace("D·Δt", "*D* Δ*t*")])
def test_the_page_states_the_conventions(word):
    assert word in PAGE.read_text(encoding="utf-8")
