"""The client of the tests: Django's own, which reads files to their end as a browser does, and so closes them."""

from typing import Any

from django import test
from django.http import FileResponse, HttpResponse


class Client(test.Client):
    """What it got of a file can still be read."""

    def request(self, **request: Any) -> HttpResponse:
        response = super().request(**request)
        if isinstance(response, FileResponse):
            response.streaming_content = [response.getvalue()]
        return response
