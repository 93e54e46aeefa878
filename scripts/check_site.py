"""Check what was built of the site: nothing comes from elsewhere, and every link and anchor leads somewhere.

``python scripts/check_site.py build/site``; MkDocs has checked the links of its pages, this checks what is served.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
"""What a browser loads by itself, by the attribute that says from where."""
LEFT = ("http://", "https://", "//")


class Page(HTMLParser):
    """Anchors, links and loaded files of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors, self.links, self.loaded = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names."""
        named = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := named.get(key))}
        if tag == "a" and named.get("href"):
            self.links.append(named["href"])
        source = named.get(LOADED.get(tag, ""))
        if source and not (tag == "link" and named.get("rel") in ("canonical", "next", "prev", "edit")):
            self.loaded.append(source)


def faults(site: Path) -> list[str]:
    """Return what is wrong, a sentence each."""
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        if path.name == "404.html":  # served for addresses of any depth
            continue
        where = path.relative_to(site.resolve())
        found += [f"{where} loads {source} from elsewhere" for source in page.loaded if source.startswith(LEFT)]
        inner = [urldefrag(source)[0] for source in page.loaded if not source.startswith((*LEFT, "data:"))]
        for link in {*inner, *(link for link in page.links if not link.startswith((*LEFT, "mailto:", "data:")))}:
            target, anchor = urldefrag(unquote(link))
            file = (path.parent / target).resolve() if target else path
            file = file / "index.html" if file.is_dir() else file
            if not file.exists():
                found.append(f"{where} leads to {link}, which is not there")
            elif anchor and file in pages and anchor not in pages[file].anchors and anchor != "__skip":
                found.append(f"{where} leads to {link}, and the page has no such anchor")
    for style in site.rglob("*.css"):
        if "url(http" in style.read_text(encoding="utf-8") or "url(//" in style.read_text(encoding="utf-8"):
            found.append(f"{style.relative_to(site)} loads something from elsewhere")
    return found


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]))
    sys.exit("\n".join(wrong) if wrong else 0)
