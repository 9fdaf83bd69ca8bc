"""What apprise's plugins get instead of the library `requests`: all they ask goes through integrations.outbound.

So an address is judged before it is dialled, nothing is redirected, and all requests of one message together have the
seconds of one. Whatever else they would use of `requests` (sessions, adapters) is not there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from integrations import outbound
from integrations.channels import posting

REQUESTS = 6  # of one message: Matrix needs three, Rocket.Chat with a password four


@dataclass
class Exchange:
    """One message: what was answered so far, and when (by the monotonic clock) its time is over."""

    until: float
    heard: list[posting.Posted] = field(default_factory=list)


_now: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextmanager
def exchange(seconds: float = outbound.SECONDS) -> Iterator[Exchange]:
    """While it lasts, plugins of this thread may ask."""
    current = Exchange(monotonic() + seconds)
    token = _now.set(current)
    try:
        yield current
    finally:
        _now.reset(token)


class Guarded:
    """The module, as far as the plugins need it."""

    codes = requests.codes
    RequestException = requests.RequestException
    TooManyRedirects = requests.TooManyRedirects
    Response = requests.Response

    def get(self, url: str, **given: Any) -> requests.Response:
        """As requests.get."""
        return self.request("GET", url, **given)

    def post(self, url: str, **given: Any) -> requests.Response:
        """As requests.post."""
        return self.request("POST", url, **given)

    def put(self, url: str, **given: Any) -> requests.Response:
        """As requests.put."""
        return self.request("PUT", url, **given)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Any = None,
        data: Any = None,
        json: Any = None,
        headers: Any = None,
        auth: Any = None,
        **settings: Any,
    ) -> requests.Response:
        """As requests.request. What it settles itself (certificates, timeouts, redirects, streams) is left out, files
        are refused. Raises requests.RequestException."""
        if settings.get("files"):
            raise requests.RequestException("Files are not sent.")
        asked = requests.Request(method, url, params=params, data=data, json=json, headers=headers, auth=auth).prepare()
        return _answered(asked)


def _answered(asked: requests.PreparedRequest) -> requests.Response:
    current = _now.get()
    left = current.until - monotonic() if current else 0.0
    if current is None or len(current.heard) >= REQUESTS or left <= 0:
        raise requests.RequestException("No more requests for this message.")
    if current.heard and current.heard[-1].status == requests.codes.too_many_requests:
        raise requests.RequestException("They asked us to wait.")
    body: Any = asked.body.encode() if isinstance(asked.body, str) else asked.body
    headers = {name: _text(value) for name, value in asked.headers.items()}
    posted = posting.post(asked.url or "", body or b"", headers=headers, method=asked.method or "GET", seconds=left)
    current.heard.append(posted)
    if not posted.status:
        raise requests.ConnectionError(posted.outcome.answer)
    answer = requests.Response()
    answer.status_code, answer.url, answer.encoding = posted.status, asked.url or "", "utf-8"
    answer.headers = CaseInsensitiveDict(posted.headers)
    answer._content, answer._content_consumed = posted.body, True
    return answer


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


REQUESTS_GUARDED = Guarded()
