"""StatusCake's webhook of a contact group: a form (or JSON) with Name, URL, Status, StatusCode and TestID.

Format: https://www.statuscake.com/kb/knowledge-base/how-to-use-the-web-hook-url/
"""

from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import FIRING, Reading, Unreadable
from integrations.sources.fields import Fields, reading, tags

TITLE = "StatusCake"


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one test of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    if not (fields.has("testid") or (fields.has("status") and fields.has("name", "url", "checkrate", "statuscode"))):
        raise Unreadable("StatusCake sends “TestID”, “Name”, “URL” and “Status”; they are not there.")
    code = fields.line("statuscode")
    own = {"status code": code, "method": fields.line("method"), "address": fields.line("ip")}
    return [
        reading(
            key=fields.key("test:", "testid", "id") or fields.key("test:", "url", "name"),
            status=fields.status("status") or FIRING,
            title=fields.line("name", "url"),
            links={"source": fields.link("url")},
            labels=tags(fields.get("tags")) | values.labels(own),
            description=f"Status code {code}." if code else "",
            raw=fields.raw,
        )
    ]
