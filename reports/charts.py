"""Charts as SVG from the server, and the tables that say the same: they print, follow the theme and need no script.
Shapes only; a template frames them.

Sizes are in the units of a 720 × 220 view box. There are hundreds of shapes on a page, so they are written as plain
strings: what is not a number goes through `escape` first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 26


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one kind of bar: `css` is s1 … s6, s-ok, s-bad; None where there is no value."""

    name: str
    css: str
    values: Sequence[float | None]


def scale(top: float) -> float:
    """The next round number above `top`: 1, 2 or 5 times a power of ten."""
    if top <= 0:
        return 1.0
    power = 1.0
    while power * 10 <= top:
        power *= 10
    while power > top:
        power /= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= top)


def highest(series: Sequence[Series]) -> float:
    """The top of the axis."""
    return scale(max((v for one in series for v in one.values if v is not None), default=0))


def text(x: float, y: float, words: str, *, end: bool = False) -> str:
    """A label; its middle is at `x`, or its end."""
    return f'<text class="tick {"end" if end else "mid"}" x="{x:g}" y="{y:.1f}">{escape(words)}</text>'


def axis(top: float, form: str) -> str:
    """Three hairlines with what they stand for."""
    plot = HEIGHT - TOP - BOTTOM
    return "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"></line>'
        + text(LEFT - 6, y + 4, form.format(top * part), end=True)
        for part in (0, 0.5, 1)
        for y in (TOP + plot * (1 - part),)
    )


def ticks(labels: Sequence[str], xs: Sequence[float]) -> str:
    """About seven labels under the plot."""
    every = max(1, -(-len(labels) // 7))
    return "".join(text(round(xs[i], 1), HEIGHT - 6, labels[i]) for i in range(0, len(labels), every))


def lines(series: Sequence[Series], labels: Sequence[str], *, form: str = "{:.0f}") -> SafeString:
    """Lines over days; a day without a value is left out. `form` formats values of the axis and of the dots."""
    top = highest(series)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels) - 1)
    xs = [LEFT + i * step for i in range(len(labels))]
    plot = HEIGHT - TOP - BOTTOM
    names = [escape(label) for label in labels]
    parts = [axis(top, form), ticks(labels, xs)]
    for one in series:
        css, name = escape(one.css), escape(one.name)
        points = [
            (f"{xs[i]:.1f}", f"{TOP + plot * (1 - value / top):.1f}", names[i], escape(form.format(value)))
            for i, value in enumerate(one.values)
            if value is not None
        ]
        path = " ".join(f"{x},{y}" for x, y, _, _ in points)
        parts.append(f'<polyline class="line {css}" points="{path}"></polyline>')
        parts += [
            f'<circle class="dot dot--quiet {css}" cx="{x}" cy="{y}" r="4">'
            f"<title>{name}, {label}: {value}</title></circle>"
            for x, y, label, value in points
        ]
    return SafeString("".join(parts))


def bars(series: Sequence[Series], labels: Sequence[str]) -> SafeString:
    """Bars side by side for each day."""
    top = highest(series)
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    wide = slot * 0.76 / len(series)
    plot = HEIGHT - TOP - BOTTOM
    names = [escape(label) for label in labels]
    parts = [axis(top, "{:.0f}"), ticks(labels, [LEFT + (i + 0.5) * slot for i in range(len(labels))])]
    for n, one in enumerate(series):
        css, name = escape(one.css), escape(one.name)
        for i, value in enumerate(one.values):
            tall = plot * (value or 0) / top
            parts.append(
                f'<rect class="bar {css}" x="{LEFT + (i + 0.12) * slot + n * wide:.1f}" y="{TOP + plot - tall:.1f}"'
                f' width="{wide:.1f}" height="{tall:.1f}"><title>{name}, {names[i]}: {int(value or 0)}</title></rect>'
            )
    return SafeString("".join(parts))


def heat(grid: Sequence[Sequence[int]], rows: Sequence[str]) -> SafeString:
    """Seven rows of 24 squares, darker with more."""
    top = max((n for row in grid for n in row), default=0) or 1
    squares = [
        f'<rect class="heat h{0 if n == 0 else min(5, 1 + int(4 * n / top))}" x="{40 + hour * 27}" y="{6 + day * 25}"'
        f' width="24" height="22"><title>{escape(rows[day])}, {hour:02d}:00: {n}</title></rect>'
        for day, row in enumerate(grid)
        for hour, n in enumerate(row)
    ]
    names = [text(34, 21 + i * 25, name, end=True) for i, name in enumerate(rows)]
    clock = [text(52 + hour * 27, 196, f"{hour:02d}") for hour in range(0, 24, 3)]
    return SafeString("".join([*squares, *names, *clock]))


def table(rows: Iterable[Sequence[object]]) -> SafeString:
    """The rows of a table's body: the first cell of each is its heading, the others are numbers."""
    return SafeString(
        "".join(
            f'<tr><th scope="row">{escape(str(head))}</th>'
            + "".join(f'<td class="num">{escape(str(cell))}</td>' for cell in cells)
            + "</tr>"
            for head, *cells in rows
        )
    )
