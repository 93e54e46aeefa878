"""What people write is read in whatever encoding their editor chose, or refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.microstructure.driven.programme import read_programme
from microtann.numbers.settings import read_settings
from microtann.system.text_file import decoded, read_text, without_mark

MARKED = ["utf-8-sig", "utf-16", "utf-32"]
SQUARE = {
    "nodes": [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
    "bars": [[0, 1], [0, 2], [2, 3], [1, 3], [0, 3], [1, 2]],
    "areas": [0.5, 0.5, 0.5, 0.5, 1.0, 1.0],
    "periods": [[1.0, 0.0], [0.0, 1.0]],
}
TOML = "".join(f"{key} = {json.dumps(value)}\r\n" for key, value in SQUARE.items())


def save(folder: Path, name: str, text: str, encoding: str) -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", *MARKED])
def test_every_file_written_by_hand_may_begin_with_a_mark(encoding: str, tmp_path: Path) -> None:
    for name, text in (("cell.toml", TOML), ("cell.json", json.dumps(SQUARE))):
        assert mt.read_cell(save(tmp_path, name, text, encoding)).areas.tolist() == SQUARE["areas"]
    (setting,) = read_settings(save(tmp_path, "run.toml", "[train]\nseed = 3\n", encoding))
    assert (setting.key, setting.value) == ("train.seed", 3)
    steps = read_programme(save(tmp_path, "steps.toml", "[[step]]\nstrain = { 11 = 0.5 }\n", encoding))
    assert len(steps) == 1
    deck = "*NODE\n1, 0, 0\n2, 2, 0\n3, 2, 1\n4, 0, 1\n*ELEMENT, TYPE=CPE4, ELSET=plate\n1, 1, 2, 3, 4\n"
    assert list(mt.fem.read_mesh(save(tmp_path, "plate.inp", deck, encoding)).regions) == ["plate"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "latin-1"])
def test_what_is_not_text_is_refused_in_a_sentence(encoding: str, tmp_path: Path) -> None:
    files = [save(tmp_path, name, "nodes = 1  # Gr\u00f6\u00dfe\n", encoding) for name in ("a.toml", "a.json")]
    for read in (mt.read_cell, read_settings, read_programme):
        for file in files[: 2 if read is mt.read_cell else 1]:
            with pytest.raises(InputError, match=r"save (it|the file) as UTF-8") as caught:
                read(file)
            assert str(file) in str(caught.value)


def test_letters_without_a_mark_have_a_fallback(tmp_path: Path) -> None:
    file = save(tmp_path, "deck.inp", "Gr\u00f6\u00dfe", "latin-1")
    assert read_text(file, fallback="latin-1") == "Gr\u00f6\u00dfe"
    with pytest.raises(InputError, match="line 1 is not text in UTF-8"):
        read_text(file)
    with pytest.raises(InputError, match="line 2 is not text in UTF-8"):
        decoded(b"\xef\xbb\xbfa\nb\xff")


def test_binary_content_keeps_its_bytes() -> None:
    numbers = bytes(range(256))
    assert without_mark(b"$MeshFormat\n" + numbers) == b"$MeshFormat\n" + numbers
    assert without_mark(b"\xef\xbb\xbf$MeshFormat\n" + numbers) == b"$MeshFormat\n" + numbers
    assert without_mark("\ufeff$\u00e4".encode("utf-16-be")) == "$\u00e4".encode()
