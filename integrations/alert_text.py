"""What an alert's ticket says: subject, Markdown body, site and component. Nothing of it is markup of the sender's."""

import re

from django.db.models import Q

from catalog.models import Component, Site
from integrations.models import Source
from integrations.reading import Reading

_MARKUP = re.compile(r"[\\`*\[\]<>&~|#]|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^(\s*)(?:([-+=])|(\d{1,9})([.)]))", re.MULTILINE)


def plain(text: str) -> str:
    """Text that means itself in Markdown; words stay whole, so that search and rules find them."""
    lined = "\n".join(line.strip() for line in text.splitlines())
    escaped = _MARKUP.sub(r"\\\g<0>", lined)
    return _LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", escaped)


def subject_of(reading: Reading, *, is_test: bool) -> str:
    title = reading.title or f"Alert {reading.key}"
    return f"[Test] {title}" if is_test else title


def body_of(source: Source, reading: Reading) -> str:
    """The description, then links and labels as lists."""
    parts = [plain(reading.description)] if reading.description else []
    if reading.links:
        parts.append("\n".join(f"- [{plain(name.capitalize())}](<{link}>)" for name, link in reading.links.items()))
    if reading.labels:
        parts.append(
            "\n".join(f"- {plain(name)}: {plain(' '.join(value.split()))}" for name, value in reading.labels.items())
        )
    parts.append(f"Reported by {plain(source.name)}.")
    return "\n\n".join(part for part in parts if part)


def site_of(source: Source, reading: Reading) -> Site | None:
    """The site that the label `site` names by slug or name, else the source's."""
    named = reading.labels.get("site", "").strip()
    found = Site.objects.select_related("fallback_team").filter(called(named)).first() if named else None
    return found or source.site


def component_of(source: Source, site: Site | None, reading: Reading) -> Component | None:
    """The component of that site that the label `component` names, else the source's when it is the site's."""
    if site is None:
        return None
    named = reading.labels.get("component", "").strip()
    found = Component.objects.filter(called(named), site=site).first() if named else None
    if found is None and source.component is not None and source.component.site_id == site.pk:
        return source.component
    return found


def called(named: str) -> Q:
    return Q(slug=named.lower()) | Q(name__iexact=named)
