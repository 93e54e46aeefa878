"""``microtann examples`` copies the examples, and keeps what a reader has changed."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from microtann.cli.main import app

ROOT = Path(__file__).parents[3]


def test_all_examples_are_copied_and_own_changes_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    done = CliRunner().invoke(app, ["examples", str(folder)])
    assert done.exit_code == 0, done.output
    assert {path.name for path in (ROOT / "examples").glob("*.py")} <= {path.name for path in folder.iterdir()}
    page = folder / "data-format.md"
    assert page.read_bytes() == (ROOT / "docs/data-format.md").read_bytes()
    assert "octet_elasticity.py" in done.output
    page.write_text("mine", encoding="utf-8")
    refused = CliRunner().invoke(app, ["examples", str(folder)])
    assert refused.exit_code == 2
    assert "data-format.md is there and differs" in " ".join(refused.output.split())
    assert page.read_text(encoding="utf-8") == "mine"
    assert CliRunner().invoke(app, ["examples", str(folder), "--overwrite"]).exit_code == 0
    assert page.read_bytes() == (ROOT / "docs/data-format.md").read_bytes()
