"""What MkDocs does not know of the site by itself: gallery, pages beside README, links that leave ``docs/``.

MkDocs calls the functions ``on_...`` (``hooks`` in mkdocs.yml). Whatever is amiss is a warning, which ``make
docs`` takes for an error.
"""

from __future__ import annotations

import ast
import logging
import posixpath
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

sys.path.insert(0, str(Path(__file__).parent))
import gallery

LOG = logging.getLogger("mkdocs.hooks.microtann")
ROOT = gallery.ROOT
BESIDE = {
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages of the repository's root, and where they are in the site."""
TOUCHED = ROOT / "build/explore"
"""Where `scripts/explored_models.py` has written the pages of the shipped models that people can touch."""
AT_THE_TOP = "cube-2x2x2-perturbed-variational"
"""The one that is the picture at the top of the site."""
PICTURE = re.compile(r"<!-- explore: the picture of this page .*?<!-- end of the picture -->", re.DOTALL)
LIST = "<!-- explore: the pages of the shipped models are listed here -->"


def repository() -> str:
    """Return the address of the repository, from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"]


def on_config(config: Any) -> Any:
    """Give the site the address of the repository, and the gallery its pages."""
    config.repo_url, config.repo_name = repository(), "microtann"
    for entry in config.nav:
        if "Gallery" in entry:
            entry["Gallery"] = ["gallery/index.md"] + [
                {section["title"]: [f"gallery/{name}.md" for name in section["examples"]]}
                for section in gallery.sections()
            ]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are written from other files."""
    for source, place in BESIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, place, content=text))
    for name in gallery.stale():
        LOG.warning("the gallery shows an older %s, or none: run `make gallery`", name)
    pages = sorted(TOUCHED.glob("*.html"))
    if AT_THE_TOP not in [page.stem for page in pages]:
        LOG.warning("the pages of the shipped models are not in build/explore: run `make docs`")
    for page in pages:
        files.append(File.generated(config, f"explore/{page.name}", abs_src_path=str(page)))
    files.append(File.generated(config, "gallery/index.md", content=gallery_index()))
    for name in gallery.listed():
        files.append(File.generated(config, f"gallery/{name}.md", content=gallery_page(name)))
    return files


def told(name: str) -> tuple[str, str, str]:
    """Return the title of an example, the text below it, and the source behind its docstring."""
    source = (gallery.EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    docstring = ast.get_docstring(tree) or name
    title, _, text = docstring.partition("\n\n")
    rest = "".join(source.splitlines(keepends=True)[tree.body[0].end_lineno or 0 :])
    return title.strip().rstrip("."), text.strip().replace("``", "`"), rest.strip("\n")


def touched_at_the_top() -> str:
    """Return the page of a shipped model as the picture at the top of the site."""
    page = f"explore/{AT_THE_TOP}.html"
    title = "A cell of 104 bars that can be strained by hand: pad, cell, and stress against strain"
    return "\n".join(
        [
            f'<iframe class="touched" src="{page}#front" title="{title}"></iframe>',
            "",
            f'<p class="below">A trained material, running in this page: pull it on the pad, turn the cell. '
            f'<a href="{page}">The whole page</a> has every component, programmes and paths; '
            '<a href="explore.html">other models</a> have theirs.</p>',
        ]
    )


def touched_models() -> str:
    """Return the list of the pages of shipped models."""
    links = [f"[{page.stem}](explore/{page.name})" for page in sorted(TOUCHED.glob("*.html"))]
    return "The shipped models, to touch in this site: " + ", ".join(links) + "."


def gallery_index() -> str:
    """Return the page of all examples: a picture and a title of each."""
    lines = [
        "# Gallery",
        "",
        "Every example is one file that runs, one problem, and a number that a test holds against",
        "",
    ]
    lines[-2] += " a closed form or an independent value. `microtann examples` copies all of them into a folder."
    for section in gallery.sections():
        lines += [f"## {section['title']}", "", '<div class="gallery" markdown>', ""]
        for name in section["examples"]:
            lines += [f"[![]({name}.png){{ loading=lazy }} {told(name)[0]}]({name}.md)", ""]
        lines += ["</div>", ""]
    return "\n".join(lines)


def gallery_page(name: str) -> str:
    """Return the page of an example: what it is about, picture, output and source."""
    title, text, rest = told(name)
    output = gallery.kept().get(name, {}).get("output", "")
    return "\n\n".join(
        [
            f"# {title}",
            text,
            f"![{title}]({name}.png){{ .result }}",
            "It prints",
            f"```text\n{output.rstrip()}\n```",
            f"## `examples/{name}.py`",
            f"```python\n{rest}\n```",
        ]
    )


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links that leave ``docs/`` to where their targets are: in the site, or in the repository."""
    place = page.file.src_uri
    if place == "index.md":
        page.meta["hide"] = ["navigation", "toc"]
        markdown = PICTURE.sub(lambda _: touched_at_the_top(), markdown)
    markdown = markdown.replace(LIST, touched_models())
    beside = {there: here for here, there in BESIDE.items()}
    folder = "" if place in beside else posixpath.join("docs", posixpath.dirname(place))

    def led(match: re.Match[str]) -> str:
        target, anchor = match["target"], match["anchor"] or ""
        path = posixpath.normpath(posixpath.join(folder, target))
        if path in BESIDE:
            new = BESIDE[path]
        elif path == "examples":
            new = "gallery/index.md"
        elif path.startswith("examples/") and Path(path).stem in gallery.listed():
            new = f"gallery/{Path(path).stem}.md"
        elif path.startswith("docs/"):
            new = path.removeprefix("docs/")
        elif (ROOT / path).exists():
            return f"]({repository()}/blob/main/{path}{anchor})"
        else:
            return match[0]
        return f"]({posixpath.relpath(new, posixpath.dirname(place) or '.')}{anchor})"

    return re.sub(r"\]\((?P<target>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)", led, markdown)


def on_post_page(output: str, **_: Any) -> str:
    """Keep the theme from asking the host of the repository for stars and forks whenever a page is opened."""
    return output.replace(' data-md-component="source"', "")
