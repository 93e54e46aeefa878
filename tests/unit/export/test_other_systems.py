"""Sources are compiled for other systems, and what does not compile is said."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from exported_models import gcc_needed

import microtann as mt
from microtann.errors import InputError
from microtann.export import check_written, compile_source, write


@pytest.mark.skipif(find_spec("ziglang") is None, reason="ziglang is not installed")
@pytest.mark.parametrize(
    ("system", "suffix", "first"),
    [
        ("x86_64-windows", ".dll", b"MZ"),
        ("aarch64-macos", ".dylib", b"\xcf\xfa\xed\xfe"),
        ("aarch64-linux-gnu.2.17", ".so", b"\x7fELF"),
    ],
)
def test_libraries_for_other_systems(system: str, suffix: str, first: bytes, tmp_path: Path) -> None:
    library = compile_source(write("cube-play", tmp_path)[0], system)
    assert library.name == f"libcube_play{suffix}"
    assert library.read_bytes().startswith(first)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["cube_play.c", "cube_play.h", library.name]


@gcc_needed
def test_what_does_not_compile_is_said_in_a_sentence(tmp_path: Path) -> None:
    source = tmp_path / "broken.c"
    source.write_text("int main(void) { return nothing; }\n")
    with pytest.raises(InputError, match=r"broken\.c does not compile .*nothing.* undeclared"):
        compile_source(source)
    assert [file.name for file in tmp_path.iterdir()] == ["broken.c"]


def test_files_of_a_model_that_has_changed_are_refused(tmp_path: Path) -> None:
    model = mt.load("cube-play")
    source, header = write(model, tmp_path, name="solid")
    for file in (source, header):
        check_written(model, file)
        with pytest.raises(InputError, match="export it again"):
            check_written(model.in_units(young=2.0, yield_strain=1.0 / 3.0), file)
    (tmp_path / "other.h").write_text("no digest")
    with pytest.raises(InputError, match="says of no model"):
        check_written(model, tmp_path / "other.h")
