"""The page in a browser: Python's numbers, keys, the cell, and a console without complaints."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from headless_browser import HeadlessPage, browser_here, headless_page

BROWSER = browser_here()
pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(BROWSER is None, reason="no browser"),
    pytest.mark.skipif(find_spec("ziglang") is None, reason="no compiler for WebAssembly"),
]
PATH = 0.6 * np.sin(np.linspace(0.0, 3.0 * np.pi, 61)[1:, None]) * np.array([[1.0, -0.5, 0.3]])


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeadlessPage]:
    file = mt.explore("square-2x2-perturbed-variational-12", tmp_path_factory.mktemp("page") / "page.html")
    assert BROWSER is not None
    with headless_page(BROWSER) as opened:
        opened.size(1280, 800)
        opened.prefers(prefers_reduced_motion="reduce")
        opened.open(file.as_uri(), "globalThis.microtann")
        yield opened


def painted(page: HeadlessPage, canvas: str) -> str:
    """Return what a canvas shows, as text."""
    page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.value(f"microtann.show(); document.getElementById('{canvas}').toDataURL()")


def test_a_path_gets_pythons_numbers_and_so_does_the_exact_cell(page: HeadlessPage) -> None:
    steps = [{"target": row, "free": [False] * 3, "dt": 1.0} for row in PATH.tolist()]
    page.value("microtann.reset()")
    page.value("document.getElementById('exact').click()")
    page.value(f"for (const s of {steps}) microtann.follow(s)".replace("False", "false"))
    model = mt.load("square-2x2-perturbed-variational-12")
    lattice = model.microstructure
    assert lattice is not None
    for rows, right in (("table.rows", model.recall(PATH)), ("beside.rows", lattice.solve(PATH))):
        own = page.value(f"microtann.{rows}.slice(1).map((row) => [...row.stress, row.energy, row.dissipated])")
        wanted = np.column_stack([right.stress, right.energy, np.cumsum(right.dissipation)])
        assert np.abs(np.array(own) - wanted).max() <= 1e-9 * np.abs(wanted).max()
    assert "%" in page.value("microtann.show(); document.getElementById('exactText').textContent")
    page.value("document.getElementById('exact').click()")


def test_keys_move_strains_turn_the_cell_and_play(page: HeadlessPage) -> None:
    page.value("microtann.reset(); document.querySelector('.skip').focus()")
    order = []
    for _ in range(40):
        page.press("Tab")
        order.append(page.value("document.activeElement.id || document.activeElement.getAttribute('aria-label')"))
    wanted = ["theme", "cell", "play", "programme", "reset", "speed", "pad", "padX", "padY", "strain 11", "record"]
    assert [name for name in order if name in wanted][: len(wanted)] == wanted
    page.value("document.querySelector('[aria-label=\"strain 22\"]').focus()")
    for _ in range(20):
        page.press("ArrowRight")
    extent = page.value("microtann.model.extent[1]")
    np.testing.assert_allclose(page.value("microtann.driver.at.strain[1]"), 0.2 * extent, rtol=1e-12)
    page.value("document.getElementById('pad').focus()")
    page.press("ArrowUp")
    assert page.value("microtann.driver.at.strain[2]") > 0.0
    yaw = page.value("document.getElementById('cell').focus(), microtann.stage.turning.yaw")
    page.press("ArrowLeft")
    assert page.value("microtann.stage.turning.yaw") < yaw
    page.value("document.getElementById('play').focus()")
    page.press("Enter")
    page.wait("microtann.table.rows.length > 20")
    page.press("Enter")
    assert page.value("microtann.player.steps") is None


def test_free_components_have_no_stress_and_the_range_turns_red(page: HeadlessPage) -> None:
    page.value("microtann.reset(); document.querySelector('[aria-label=\"component 22 free of stress\"]').click()")
    page.value("microtann.pull(0, 0.7)")
    stress = page.value("[...microtann.driver.at.stress]")
    assert abs(stress[1]) <= 1e-10 * abs(stress[0])
    page.value("document.querySelector('[aria-label=\"component 22 free of stress\"]').click()")
    page.value("microtann.pull(0, microtann.model.extent[0]); microtann.show()")
    assert page.value("document.getElementById('reach').classList.contains('left')")
    assert "range of the training" in page.value("document.getElementById('status').textContent")


def test_what_is_recorded_is_replayed(page: HeadlessPage) -> None:
    page.value("microtann.reset(); document.getElementById('record').click()")
    page.value("microtann.pull(0, 0.5); microtann.pull(1, -0.4)")
    page.value("document.getElementById('record').click()")
    before = page.value("[...microtann.driver.at.stress]")
    page.value("microtann.player.perFrame = 1000; document.getElementById('replay').click()")
    page.wait("microtann.player.steps === null")
    np.testing.assert_allclose(page.value("[...microtann.driver.at.stress]"), before, rtol=1e-12)
    table = page.value("microtann.table.csv()").splitlines()
    assert table[0].startswith("increment,dt,strain 11,strain 22,strain 12,free 11")
    assert len(table) == page.value("microtann.table.rows.length") + 1


def test_the_cell_is_drawn_and_follows(page: HeadlessPage, tmp_path: Path) -> None:
    page.value("microtann.reset()")
    still = painted(page, "cell")
    page.drag((640, 400), (700, 420))
    turned = painted(page, "cell")
    page.value("microtann.pull(0, 0.6)")
    assert len({still, turned, painted(page, "cell")}) == 3
    for width, scheme in ((390, "dark"), (1280, "light")):
        page.size(width, 800, touch=width < 600)
        page.prefers(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.value("document.documentElement.scrollWidth") <= width
        page.picture(tmp_path / f"{width}.png")


def test_as_the_picture_of_another_page_it_shows_pad_cell_and_loop_in_that_pages_theme(page: HeadlessPage) -> None:
    seen = "'{}'.split(' ').map((id) => document.getElementById(id).checkVisibility())"
    page.value("location.hash = '#front&theme=dark'")
    page.wait("document.documentElement.dataset.theme === 'dark'")
    for width, height in ((1100, 420), (360, 560)):
        page.size(width, height)
        assert page.value(seen.format("cell pad play")) == [True] * 3
        assert page.value(seen.format("name rows record energy")) == [False] * 4
        assert page.value("document.documentElement.scrollHeight") <= height
    page.size(1280, 800)
    page.value("location.hash = '#theme=light'")
    page.wait("!document.documentElement.hasAttribute('data-front')")


def test_the_console_says_nothing_and_nothing_is_fetched(page: HeadlessPage) -> None:
    assert page.complaints() == []
    assert [
        address for address in page.fetched() if not address.startswith(("file:", "data:", "blob:", "about:"))
    ] == []
