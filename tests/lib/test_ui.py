"""The words of every page: chips, times, icons; and the promises that templates keep."""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import timezone

from lib import styleguide
from lib.templatetags import ui

ROOT = Path(settings.BASE_DIR)
# A mail carries its own style: no stylesheet travels with it.
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "notifications" not in path.parts)
NAMES = set((ROOT / "static/vendor/icons.txt").read_text().split())
ICON = re.compile(
    r"""\{%\s*icon\s+"([a-z0-9-]+)"|icon="([a-z0-9-]+)"|rail_link\s+"[^"]+"\s+"[^"]+"\s+"([a-z0-9-]+)\""""
)
STATIC = re.compile(r"""\{%\s*static\s+['"]([^'"]+)['"]""")
COMMENT = re.compile(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", re.DOTALL)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (7_500, "2h 05m"),
        (-7_500, "2h 05m"),
        (86_400, "1d"),
        (273_600, "3d 4h"),
    ],
)
def test_it_says_a_span_as_people_do(seconds: int | None, words: str) -> None:
    assert ui.human_seconds(seconds) == words


def test_it_says_how_long_ago_in_the_largest_unit() -> None:
    now = timezone.now()
    assert ui.ago(now) == "now"
    assert ui.ago(now - timedelta(minutes=12, seconds=5)) == "12m"
    assert ui.ago(now + timedelta(hours=3, minutes=1)) == "in 3h"
    assert ui.ago(None) == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ada Lovelace", "AL"), ("ada.brook@demo.example", "AB"), ("Ada", "A"), ("", "?"), ("Ana María Ruiz", "AR")],
)
def test_it_shortens_a_name_to_its_initials(name: str, letters: str) -> None:
    assert ui.initials(name) == letters


def test_it_calls_a_person_by_name_then_address_then_the_desk() -> None:
    assert ui.person(SimpleNamespace(name="Ada", email="a@demo.example")) == "Ada"
    assert ui.person(SimpleNamespace(name="", email="a@demo.example")) == "a@demo.example"
    assert ui.person(None) == "Helpdesk"


def test_it_escapes_whatever_a_stranger_wrote() -> None:
    hostile = '"><script>alert(1)</script>'
    for made in (
        ui.avatar(hostile),
        ui.icon("x", hostile),
        ui.status_chip(hostile, hostile),
        ui.sla_chip("ok", hostile, hostile),
    ):
        assert "<script" not in made


def test_it_gives_a_ticking_chip_its_instant_and_a_still_one_none() -> None:
    due = timezone.now()
    assert f'data-due="{due.isoformat()}"' in ui.sla_chip("ok", "2h left", "First response", due)
    assert "data-due" not in ui.sla_chip("met", "Met")


def test_it_names_a_severity_also_when_short() -> None:
    assert "Critical" in ui.severity(1, short=True)
    assert ui.severity(None) == ""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_keeps_the_content_policy_and_names_what_exists(path: Path) -> None:
    text = COMMENT.sub("", path.read_text())
    get_template(str(path.relative_to(ROOT / "templates")))
    assert not re.search(r"<[^>]+\sstyle=", text), "inline style"
    assert not re.search(r"<[^>]+\son[a-z]+=", text), "inline handler"
    assert not re.search(r"<[^>]+\shx-on", text), "hx-on needs eval"
    assert not re.search(r"<style|<script(?![^>]*(src=|nonce=|type=\"application/json\"))", text), (
        "inline script or style"
    )
    icons = {name for match in ICON.findall(text) for name in match if name}
    assert icons <= NAMES, f"not in the sprite: {sorted(icons - NAMES)}"
    for name in STATIC.findall(text):
        assert (ROOT / "static" / name).exists() or name.startswith(("account/", "mfa/", "drf_spectacular_sidecar/")), (
            name
        )


def test_the_sprite_holds_every_icon_of_the_list_and_of_the_chips() -> None:
    built = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/vendor/icons.svg").read_text()))
    assert built == NAMES
    used = {icon for _, icon in (*ui.SEVERITIES.values(), *ui.STATUSES.values())} | set(ui.SLA_ICONS.values())
    assert used <= built


def test_no_module_of_the_page_is_long_or_imports_another() -> None:
    for path in (ROOT / "static/js").glob("*.js"):
        text = path.read_text()
        assert len(text.splitlines()) <= 120, path.name
        assert not re.search(r"^import |\beval\(|new Function", text, re.MULTILINE), path.name


@pytest.mark.parametrize("theme", ["light", "dark", "weird"])
@pytest.mark.parametrize("name", ["styleguide.html", "styleguide/ticket.html", "styleguide/public.html"])
def test_the_style_guide_renders_every_component(name: str, theme: str) -> None:
    request = RequestFactory().get("/styleguide/")
    request.user = AnonymousUser()
    request.COOKIES["theme"] = theme
    html = render_to_string(name, styleguide.sample(), request=request)
    assert f'data-theme="{theme if theme != "weird" else "auto"}"' in html
    assert html.count("<h1") >= 1
    assert html.count("<main") == 1


def test_a_field_ties_its_help_and_error_to_the_control() -> None:
    form = styleguide.SampleForm({"name": ""})
    html = (
        engines["django"]
        .from_string('{% include "components/field.html" with field=form.name %}')
        .render({"form": form})
    )
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html


@pytest.mark.parametrize("name", ["403.html", "404.html", "500.html"])
def test_an_error_page_needs_no_request(name: str) -> None:
    assert "<main" in render_to_string(name)


def test_what_scrolls_sideways_in_a_message_can_be_reached_by_the_keyboard() -> None:
    shown = (
        engines["django"]
        .from_string("{{ html|reachable }}")
        .render({"html": "<pre>a</pre><table></table><p>&lt;pre></p>"})
    )
    assert shown == '<pre tabindex="0">a</pre><table tabindex="0"></table><p>&lt;pre></p>'
