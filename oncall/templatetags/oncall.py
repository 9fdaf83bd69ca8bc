"""Who is on call for some of a date, in the colour of the person; hundreds of times on a page of hourly turns."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lib.templatetags.ui import icon, person
from oncall.weeks import Part

register = template.Library()


@register.simple_tag
def duty(part: Part) -> SafeString:
    """The name and, unless it is the whole date, the times; nobody is said with an icon."""
    return written(person(part.user) if part.user else "", part.hue, part.times)


@lru_cache(maxsize=4096)
def written(name: str, hue: int, times: str) -> SafeString:
    told = format_html(" <small>{}</small>", times) if times else ""
    if not name:
        return format_html(
            '<span class="duty duty--none">{}Nobody{}</span>', icon("triangle-alert", size=13), told
        )  # fmt: skip
    return format_html('<span class="duty hue-{}">{}{}</span>', hue, name, told)
