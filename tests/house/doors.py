"""Who may pass each door. A key that ends in `*` stands for every route below it; the longest one wins."""

import re
from types import SimpleNamespace

EVERYBODY = {"nobody", "stranger", "customer", "other_agent", "agent", "manager", "admin"}
MAY: dict[str | None, set[str]] = {
    "anyone": EVERYBODY,
    "signed in": EVERYBODY - {"nobody"},
    "reader": EVERYBODY - {"nobody", "stranger"},  # of a ticket of the customer's
    "desk": {"other_agent", "agent", "manager", "admin"},
    "managers": {"manager", "admin"},
    "admins": {"admin"},
    "closed": set(),  # only before the first admin exists
    "key": set(),  # a key of a source's, which no person is
}
DOORS = {
    "": "anyone",
    "healthz": "anyone",
    "accounts/*": "anyone",  # allauth guards its own
    "setup/": "closed",
    "live": "desk",
    "live/t/<str:token>": "anyone",  # the token is the key
    "queue/*": "desk",
    "search": "desk",
    "palette": "desk",
    "tickets/*": "desk",
    "files/<int:pk>": "reader",
    "files/<int:pk>/text": "desk",
    "help/*": "anyone",
    "help/requests": "signed in",
    "help/received/<uuid:receipt>": "anyone",
    "knowledge/*": "desk",
    "callbacks/*": "key",  # the provider's signature is the key
    "sw.js": "anyone",  # a script, the same for all
    "desk.webmanifest": "anyone",
    "oncall/*": "desk",
    "p/<str:token>": "anyone",  # the token is the key
    "oncall/<int:pk>/drills": "managers",
    "p/d/<str:token>": "anyone",  # the token is the key
    "oncall/calendars/<str:feed>.ics": "anyone",  # the secret is the key
    "mail/": "managers",
    "mail/*": "desk",
    "mailbox/*": "desk",
    "mailbox/sending": "managers",
    "dashboard*": "managers",
    "dashboard/compliance*": "desk",
    "intake/*": "managers",
    "invitations/<str:secret>": "anyone",  # the secret is the key
    "settings/*": "managers",
    "settings/tokens/*": "admins",
    "settings/audit/": "admins",
    "settings/silences/*": "desk",
    "settings/mailboxes/": "managers",
    "settings/mailboxes/*": "admins",
    "settings/channels/*": "admins",
    "^api/v1/sources/*": "anyone",  # the token is the key
    "^api/v1/mailboxes/*": "anyone",  # the token is the key
    "v2/enqueue": "anyone",  # the key is in the body
    "v2/change/enqueue": "anyone",  # the key is in the body
    "generic/2010-04-15/create_event.json": "anyone",  # the key is in the body
    "^v2/alerts*": "key",
    "api/v1/*": "signed in",
    "api/v1/tickets/*": "reader",
    "api/v1/tickets/<int:pk>/handovers": "desk",
    "api/v1/tickets/<int:pk>/pages": "desk",
    "api/v1/tickets/<int:pk>/pages/<int:page>/acknowledgement": "desk",
    "api/v1/forms": "anyone",
    "api/v1/forms/*": "anyone",
    "api/v1/schema": "anyone",
    "api/v1/docs": "anyone",
}


def sample_args(route: str, house: SimpleNamespace) -> str:
    """A real address of the route: rows of the house where it asks for one."""
    if route.startswith("help/received/"):
        return f"/help/received/{house.sent}"
    if route.startswith("mail/<uuid:receipt>"):
        return "/" + route.replace("<uuid:receipt>", house.posted)
    if route.startswith("p/d/"):
        return f"/p/d/{house.drill}"
    if route == "p/<str:token>":
        return f"/p/{house.call}"
    path = route
    for name, token in (("sources", house.source_token), ("mailboxes", house.mailbox_token)):
        path = path.replace(rf"^api/v1/{name}/(?P<token>[^/]+)(?:/(?P<rest>.*))?$", f"api/v1/{name}/{token}")
    prefix = re.split(r"<", path)[0]
    own = max((key for key in house.ids if prefix.startswith(key)), key=len, default="")
    path = re.sub(r"<int:(pk|number)>", str(house.ids.get(own, 1)), path, count=1)
    values = {
        r"<slug:key>": "all",
        r"<slug:slug>": "how-to-help",
        r"<slug:kind>": "webhook",
        r"<str:token>": house.token,
        r"<str:secret>": house.secret,
        r"<str:feed>": house.feed,
        r"<str:language>": "en",
        r"<str:letter>": "replied",
        r"<uuid:receipt>": house.receipt,
        r"<uuid:pk>": house.receipt,
        r"<int:\w+>": str(house.ids.get("files/", 1)) if path.startswith("help/t/") else "1",
        r"<\w+:\w+>": "1",
        r"<path:\w+>": "x",
    }
    for pattern, value in values.items():
        path = re.sub(pattern, value.replace("\\", ""), path)
    return "/" + re.sub(r"\(\?P<\w+>[^)]*\)|[\^$]|\\Z", "1", path)
