"""The small words of every page: icons, avatars, chips and times. Knows no model; takes values and labels."""

from datetime import datetime, tzinfo
from functools import lru_cache
from html import escape
from typing import Any
from zlib import crc32

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from lib.html import reachable

register = template.Library()

# severity -> (its word, icon)
SEVERITIES = {
    1: ("Critical", "octagon-alert"),
    2: ("High", "triangle-alert"),
    3: ("Medium", "minus"),
    4: ("Low", "chevron-down"),
}
# status -> (chip's tone, icon). Unknown values are shown plainly.
STATUSES = {
    "new": ("info", "circle-dot"),
    "acknowledged": ("info", "eye"),
    "diagnosing": ("accent", "wrench"),
    "waiting": ("plain", "hourglass"),
    "on_hold": ("plain", "circle-pause"),
    "resolved": ("ok", "circle-check"),
    "closed": ("plain", "archive"),
    "cancelled": ("plain", "ban"),
}
SLA_ICONS = {
    "ok": "timer",
    "risk": "timer",
    "breached": "circle-alert",
    "paused": "circle-pause",
    "met": "circle-check",
    "none": "timer-off",
}


@register.simple_tag(name="static")
@lru_cache(maxsize=512)
def asset(path: str) -> str:
    """The address of a file of ours, which holds for as long as the process: a page asks for twenty."""
    return static(path)


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, label: str = "", size: int = 16) -> SafeString:
    """An icon of the sprite, `size` px square. Without `label` it is decoration and hidden from assistive technology.

    Remembered, because a queue page asks a hundred times for a dozen icons.
    """
    source = f"{asset('vendor/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" width="{0}" height="{0}" role="img" aria-label="{1}"><use href="{2}"/></svg>',
            size,
            label,
            source,
        )
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" aria-hidden="true"><use href="{1}"/></svg>', size, source
    )


@register.filter
def person(who: Any) -> str:
    """How a user is called: the name, else the e-mail address. Strings pass through; None is the system."""
    if who is None:
        return "Helpdesk"
    if isinstance(who, str):
        return who
    name = getattr(who, "name", "") or ""
    return str(name).strip() or str(getattr(who, "email", "") or who)


@register.filter(name="reachable")
def reachable_filter(html: str) -> SafeString:
    """Sanitised HTML for a page: what scrolls sideways in it can be reached by the keyboard."""
    return mark_safe(reachable(html))  # noqa: S308 - sanitised before it was kept


@register.filter
def initials(name: str) -> str:
    """One or two capitals for an avatar."""
    words = [word for word in str(name).split("@")[0].replace(".", " ").split() if word[0].isalnum()]
    chosen = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper() or "?"


@register.filter
def hue(name: str) -> int:
    """A stable number 0–11 for a name: the class `hue-<n>` colours its avatar."""
    return crc32(str(name).encode()) % 12


@register.simple_tag
def avatar(who: Any, size: str = "") -> SafeString:
    """A person's initials on their colour. `size`: "", "s" or "l". Decoration: print the name beside it."""
    return portrait(person(who), size)


@lru_cache(maxsize=1024)
def portrait(name: str, size: str) -> SafeString:
    return format_html(
        '<span class="avatar{} hue-{}" aria-hidden="true">{}</span>',
        f" avatar--{size}" if size else "",
        hue(name),
        initials(name),
    )


@register.filter
def human_seconds(seconds: float | None) -> str:
    """Seconds as people say them: "45s", "12m", "2h 05m", "3d 4h". The sign is dropped; None is a dash."""
    if seconds is None:
        return "–"
    days, rest = divmod(abs(int(seconds)), 86_400)
    if days:
        return f"{days}d {rest // 3_600}h" if rest >= 3_600 else f"{days}d"
    return working_time(seconds)


@register.filter
def working_time(seconds: float | None) -> str:
    """Like `human_seconds`, but never in days: how many hours a working day has is the calendar's to say."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(abs(int(seconds)), 60)
    if not minutes:
        return f"{rest}s"
    return f"{minutes // 60}h {minutes % 60:02d}m" if minutes >= 60 else f"{minutes}m"


@register.filter
def ago(when: datetime | None) -> str:
    """The largest unit since (or until) an instant: "now", "12m", "3h", "5d"; a date beyond four weeks."""
    if when is None:
        return ""
    seconds = (timezone.now() - when).total_seconds()
    if abs(seconds) < 60:
        return "now"
    if abs(seconds) > 28 * 86_400:
        return date_format(timezone.localtime(when), "j M Y")
    short = human_seconds(seconds).split()[0]
    return short if seconds > 0 else f"in {short}"


@register.simple_tag(name="when")
def when_tag(instant: datetime | None) -> SafeString | str:
    """A `<time>` with the relative words inside and the full date in the reader's zone as its title."""
    if instant is None:
        return ""
    return SafeString(f"{time_opened(instant, timezone.get_current_timezone())}{ago(instant)}</time>")


@lru_cache(maxsize=8192)
def time_opened(instant: datetime, zone: tzinfo) -> str:
    """The opening tag of a `<time>`. Remembered: a list that is refetched asks for the same ones again and again."""
    local = instant.astimezone(zone)
    return format_html('<time datetime="{}" title="{}">', local.isoformat(), date_format(local, "D j M Y, H:i T"))


@register.simple_tag
@lru_cache(maxsize=32)
def severity(value: int | None, short: bool = False) -> SafeString | str:
    """P1–P4 as text, icon and colour; `short` leaves the word to assistive technology."""
    if value not in SEVERITIES:
        return ""
    word, name = SEVERITIES[value]
    return format_html(
        '<span class="chip sev sev--{0}">{1}P{0}{2}</span>',
        value,
        icon(name, size=13),
        format_html('<span class="sr"> {}</span>', word) if short else f" {word}",
    )


@register.simple_tag
@lru_cache(maxsize=128)
def status_chip(value: str, label: str = "") -> SafeString:
    """A status as text, icon and tone."""
    tone, name = STATUSES.get(value, ("plain", "circle-dot"))
    return format_html(
        '<span class="chip chip--{} status">{}{}</span>',
        tone,
        icon(name, size=13),
        label or value.replace("_", " ").capitalize(),
    )


@register.simple_tag
def sla_chip(
    state: str, text: str, label: str = "", due: datetime | None = None, warn: datetime | None = None
) -> SafeString:
    """A clock's chip. With `due` (and `warn`, when it turns amber) the page keeps it ticking; `label` names it."""
    opening, closing = chip_around(state, label)
    ticking = f' data-due="{due.isoformat()}"' if due is not None else ""
    if due is not None and warn is not None:
        ticking += f' data-warn="{warn.isoformat()}"'
    return SafeString(f"{opening}{ticking}{closing}{escape(text)}</span></span>")


@lru_cache(maxsize=128)
def chip_around(state: str, label: str) -> tuple[str, str]:
    """What stands before a clock's own attributes, and between them and its text."""
    named = format_html(' title="{}"', label) if label else ""
    spoken = format_html('<span class="sr">{}: </span>', label) if label else ""
    return (
        format_html('<span class="chip sla sla--{}"{}', state, named),
        format_html('>{}{}<span class="sla__text">', icon(SLA_ICONS.get(state, "timer"), size=13), spoken),
    )


@register.simple_tag(takes_context=True)
def rail_link(context: dict[str, Any], url: str, name: str, icon: str, key: str = "") -> SafeString:
    """A section of the rail; current when the page's path lies beneath `url`."""
    request = context.get("request")
    path = request.path if request is not None else ""
    return rail_item(url, name, icon, key, path.startswith(url.rstrip("/")))


@lru_cache(maxsize=64)
def rail_item(url: str, name: str, symbol: str, key: str, current: bool) -> SafeString:
    return format_html(
        '<li><a class="rail__link" href="{}"{}{}>{}<span>{}</span>{}</a></li>',
        url,
        SafeString(' aria-current="page"' if current else ""),
        format_html(' data-key="{}"', key) if key else "",
        icon(symbol),
        name,
        format_html('<kbd aria-hidden="true">{}</kbd>', key.upper()) if key else "",
    )


@register.filter
def widget_kind(field: Any) -> str:
    """What a form field looks like: "check", "radios", "checks", "file", "hidden" or "line"."""
    kind = field.field.widget.__class__.__name__
    if field.is_hidden:
        return "hidden"
    names = {"CheckboxInput": "check", "RadioSelect": "radios", "CheckboxSelectMultiple": "checks"}
    return names.get(kind, "file" if kind.endswith("FileInput") else "line")
