"""Compiled kernels are kept where they can be, and tests never pass on old ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fresh_kernels import digest
from microtann.system import kernel_cache


@pytest.mark.parametrize("writable", ["package", "user", "nowhere"])
def test_a_temporary_cache_is_provided_only_where_nothing_can_be_written(
    writable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def access(folder: Path | None) -> bool:
        return writable == ("package" if folder is not None and folder.name == "__pycache__" else "user")

    monkeypatch.setattr(kernel_cache, "_writable", access)
    monkeypatch.delenv(kernel_cache.CACHE_VARIABLE)
    kernel_cache.provide_cache()
    assert (kernel_cache.CACHE_VARIABLE in os.environ) == (writable == "nowhere")
    if writable == "nowhere":
        assert Path(os.environ[kernel_cache.CACHE_VARIABLE]).is_dir()


def test_a_user_without_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert not kernel_cache._writable(kernel_cache._users_cache())


def test_the_temporary_cache_is_gone_with_the_process() -> None:
    code = (
        "import os; from microtann.system import kernel_cache; kernel_cache._writable = lambda folder: False; "
        "os.environ.pop(kernel_cache.CACHE_VARIABLE); kernel_cache.provide_cache(); "
        "print(os.environ[kernel_cache.CACHE_VARIABLE])"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "microtann-kernels-" in ran.stdout
    assert not Path(ran.stdout.strip()).exists()


def test_a_change_in_any_kernel_gives_another_cache(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    caller, called = tmp_path / "caller_kernel.py", tmp_path / "inner" / "called_kernels.py"
    caller.write_text("one")
    called.write_text("two")
    (tmp_path / "plain.py").write_text("three")
    before = digest(tmp_path)
    (tmp_path / "plain.py").write_text("four")
    assert digest(tmp_path) == before
    called.write_text("five")
    assert digest(tmp_path) != before
