"""Build icons.svg, one sprite of the icons named in icons.txt, from an unpacked `lucide-static` package.

Usage: python static/vendor/build_icons.py <folder of lucide-static>
The sprite keeps lucide's 24 x 24 grid; stroke and size come from the stylesheet (`.icon`).
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def symbol(*, name: str, svg: str) -> str:
    """One `<symbol>` from the text of a lucide icon. Raises ValueError when the text is not an SVG."""
    found = BODY.search(svg)
    if found is None:
        raise ValueError(f"{name} is not an SVG file")
    shapes = re.sub(r"\s+", " ", found.group(1)).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def build(*, package: Path) -> str:
    """The whole sprite as text, in the order of icons.txt."""
    names = (HERE / "icons.txt").read_text().split()
    parts = [symbol(name=name, svg=(package / "icons" / f"{name}.svg").read_text()) for name in sorted(names)]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(parts) + "\n</svg>\n"


if __name__ == "__main__":
    (HERE / "icons.svg").write_text(build(package=Path(sys.argv[1])))
