"""Every address, asked as every kind of person. A route without a door fails: decide who may pass before it ships."""

from collections.abc import Iterator

import pytest
from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver

from tests.clients import Client
from tests.house.doors import DOORS, MAY, sample_args

pytestmark = pytest.mark.django_db


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(full route, pattern) of everything in urls.py."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        else:
            yield route, entry


ROUTES = sorted({route for route, _ in routes(get_resolver())})
# An open stream gives its database connection back, which would end the test: tests/helpdesk/test_live.py opens them.
STREAMS = {"live", "live/t/<str:token>"}
PEOPLE = ["nobody", "stranger", "customer", "other_agent", "agent", "manager", "admin"]


def door_of(route: str) -> str | None:
    """The door of a route: its own, or that of the longest prefix that ends in `*`."""
    if route in DOORS:
        return DOORS[route]
    stars = [key for key in DOORS if key.endswith("*") and route.startswith(key[:-1])]
    return DOORS[max(stars, key=len)] if stars else None


def test_every_route_has_a_door():
    assert [route for route in ROUTES if door_of(route) is None] == []


def test_every_door_has_a_route():
    assert [
        key for key in DOORS if not any(r == key or (key[-1] == "*" and r.startswith(key[:-1])) for r in ROUTES)
    ] == []


def verdict(response: HttpResponseBase) -> str:
    """open, shut, or "method" when the door does not take that method at all."""
    if response.status_code == 405:
        return "method"
    if response.status_code in (401, 403, 404):
        return "shut"
    to_sign_in = response.status_code == 302 and "/accounts/login/" in response["Location"]
    return "shut" if to_sign_in else "open"


@pytest.mark.parametrize("who", PEOPLE)
def test_every_route_opens_only_to_those_who_may(who, cast, house, as_user):
    client = Client() if who == "nobody" else as_user(getattr(cast, who))
    client.raise_request_exception = False
    wrong = []
    for route in ROUTES:
        if route.startswith("accounts/"):
            continue
        url, may = sample_args(route, house), who in MAY[door_of(route)]
        for method in ("get", "post"):
            if may and (method == "post" or route in STREAMS):
                continue
            response = getattr(client, method)(url)
            said = verdict(response)
            if response.status_code >= 500 or said == ("shut" if may else "open"):
                wrong.append((method, route, url, response.status_code))
    assert wrong == []
