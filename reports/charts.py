"""Charts as SVG from the server: they print, follow the theme and need no script. Shapes only; a template frames them.

Sizes are in the units of a 720 × 220 view box. Every text is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 26


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one kind of bar: `css` is s1 … s6, s-ok, s-bad; None where there is no value."""

    name: str
    css: str
    values: Sequence[float | None]


def at(value: float) -> str:
    """A coordinate. format_html turns what it is given into text first, so numbers are formatted before."""
    return f"{value:.1f}"


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


def axis(top: float, form: str) -> SafeString:
    """Three hairlines with what they stand for."""
    plot = HEIGHT - TOP - BOTTOM
    return format_html_join(
        "",
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"></line><text class="tick end" x="{}" y="{}">{}</text>',
        (
            (LEFT, WIDTH - RIGHT, at(y), at(y), LEFT - 6, at(y + 4), form.format(top * part))
            for part in (0, 0.5, 1)
            for y in (TOP + plot * (1 - part),)
        ),
    )


def ticks(labels: Sequence[str], xs: Sequence[float]) -> SafeString:
    """About seven labels under the plot."""
    every = max(1, -(-len(labels) // 7))
    return format_html_join(
        "",
        '<text class="tick mid" x="{}" y="{}">{}</text>',
        ((at(xs[i]), HEIGHT - 6, labels[i]) for i in range(0, len(labels), every)),
    )


def lines(series: Sequence[Series], labels: Sequence[str], *, form: str = "{:.0f}") -> SafeString:
    """Lines over days; a day without a value is left out. `form` formats values of the axis and of the dots."""
    top = scale(max((v for one in series for v in one.values if v is not None), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(labels) - 1)
    xs = [LEFT + i * step for i in range(len(labels))]
    plot = HEIGHT - TOP - BOTTOM
    parts = [axis(top, form), ticks(labels, xs)]
    for one in series:
        points = [
            (xs[i], TOP + plot * (1 - value / top), labels[i], form.format(value))
            for i, value in enumerate(one.values)
            if value is not None
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
        parts.append(format_html('<polyline class="line {}" points="{}"></polyline>', one.css, path))
        parts.append(
            format_html_join(
                "",
                '<circle class="dot dot--quiet {}" cx="{}" cy="{}" r="4"><title>{}, {}: {}</title></circle>',
                ((one.css, at(x), at(y), one.name, label, value) for x, y, label, value in points),
            )
        )
    return format_html_join("", "{}", ((part,) for part in parts))


def bars(series: Sequence[Series], labels: Sequence[str]) -> SafeString:
    """Bars side by side for each day."""
    top = scale(max((v for one in series for v in one.values if v is not None), default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    wide = slot * 0.76 / len(series)
    plot = HEIGHT - TOP - BOTTOM
    rects = (
        (one.css, at(x), at(TOP + plot - tall), at(wide), at(tall), one.name, labels[i], int(v or 0))
        for n, one in enumerate(series)
        for i, v in enumerate(one.values)
        for x, tall in ((LEFT + (i + 0.12) * slot + n * wide, plot * (v or 0) / top),)
    )
    drawn = format_html_join(
        "",
        '<rect class="bar {}" x="{}" y="{}" width="{}" height="{}"><title>{}, {}: {}</title></rect>',
        rects,
    )
    return format_html(
        "{}{}{}", axis(top, "{:.0f}"), ticks(labels, [LEFT + (i + 0.5) * slot for i in range(len(labels))]), drawn
    )


def heat(grid: Sequence[Sequence[int]], rows: Sequence[str]) -> SafeString:
    """Seven rows of 24 squares, darker with more."""
    top = max((n for row in grid for n in row), default=0) or 1
    cells = (
        (0 if n == 0 else min(5, 1 + int(4 * n / top)), 40 + hour * 27, 6 + day * 25, rows[day], f"{hour:02d}", n)
        for day, row in enumerate(grid)
        for hour, n in enumerate(row)
    )
    squares = format_html_join(
        "", '<rect class="heat h{}" x="{}" y="{}" width="24" height="22"><title>{}, {}:00: {}</title></rect>', cells
    )
    names = format_html_join(
        "", '<text class="tick end" x="34" y="{}">{}</text>', ((21 + i * 25, name) for i, name in enumerate(rows))
    )
    clock = format_html_join(
        "",
        '<text class="tick mid" x="{}" y="196">{}</text>',
        ((52 + hour * 27, f"{hour:02d}") for hour in range(0, 24, 3)),
    )
    return format_html("{}{}{}", squares, names, clock)
