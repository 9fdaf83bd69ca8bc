"""Which chat services are spoken to, and an address typed for one of them read into apprise's plugin for it.

Only the plugins named here are ever loaded, by name; apprise's own search for plugins, its configuration files and its
attachments are not used. Of what can stand behind the `?` of an address only what is listed here is taken: others would
read files of this machine, send mail or fetch pictures.
"""

import logging
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from apprise import AppriseAsset, NotifyBase, NotifyFormat

from integrations.channels.chat.guarded import REQUESTS_GUARDED

LONGEST = 1000  # characters of an address


class Unfit(Exception):
    """An address that is not taken; the text says why."""


@dataclass(frozen=True)
class Service:
    """One of them. `options`: what may stand behind the `?`. `targets`: the plugin's attribute that must name just one
    room or person, where the address does not do that by itself. `loud`: its priority for what wakes somebody."""

    title: str
    schemes: tuple[str, ...]  # the one through TLS first; the other speaks to this machine only
    module: str
    plugin: str
    example: str
    options: frozenset[str] = frozenset()
    targets: str = ""
    loud: str | int | None = None
    plain: bool = True  # takes text; else HTML
    titled: bool = False  # it shows a title apart; elsewhere the subject is the first line


SERVICES = (
    Service(
        "ntfy", ("ntfys", "ntfy"), "ntfy", "NotifyNtfy", "ntfys://token@ntfy.example/topic",
        frozenset({"priority", "auth", "token", "mode", "xtags"}), "topics", "max", titled=True,
    ),
    Service(
        "Telegram", ("tgram",), "telegram", "NotifyTelegram", "tgram://bottoken/chat",
        frozenset({"silent", "preview", "topic", "thread"}), "targets", plain=False,
    ),
    Service(
        "Matrix", ("matrixs", "matrix"), "matrix.base", "NotifyMatrix", "matrixs://token@matrix.example/!room:matrix.example",
        frozenset({"msgtype", "token"}), "rooms",
    ),
    Service(
        "Mattermost", ("mmosts", "mmost"), "mattermost", "NotifyMattermost", "mmosts://mattermost.example/hook",
        frozenset({"channel"}),
    ),
    Service(
        "Rocket.Chat", ("rockets", "rocket"), "rocketchat", "NotifyRocketChat", "rockets://hook@rocket.example",
    ),
    Service(
        "Discord", ("discord",), "discord", "NotifyDiscord", "discord://webhook/token", frozenset({"thread"}),
    ),
    Service(
        "Google Chat", ("gchat",), "google_chat", "NotifyGoogleChat", "gchat://space/key/token",
        frozenset({"thread", "threadkey", "key", "token", "workspace"}),
    ),
    Service(
        "Gotify", ("gotifys", "gotify"), "gotify", "NotifyGotify", "gotifys://gotify.example/token",
        frozenset({"priority"}), loud=10, titled=True,
    ),
    Service(
        "Pushover", ("pover",), "pushover", "NotifyPushover", "pover://user@token",
        frozenset({"priority", "sound", "interval", "expire"}), loud=1, titled=True,
    ),
    Service(
        "Zulip", ("zulip",), "zulip", "NotifyZulip", "zulip://bot@organisation/token/stream",
        targets="targets", titled=True,
    ),
    Service(
        "Nextcloud Talk", ("nctalks", "nctalk"), "nextcloudtalk", "NotifyNextcloudTalk",
        "nctalks://user:password@cloud.example/room", frozenset({"secret", "url_prefix"}), "targets", titled=True,
    ),
    Service(
        "Webex", ("wxteams", "webex"), "webexteams", "NotifyWebexTeams", "wxteams://token", frozenset({"mode"}),
    ),
)  # fmt: skip
BY_SCHEME = {scheme: service for service in SERVICES for scheme in service.schemes}
# In memory, without pictures from elsewhere, plugins of this machine's, or tokens in the log.
ASSET = AppriseAsset(
    app_id="Helpdesk", app_desc="Helpdesk", app_url="", image_url_mask="", image_url_logo="", plugin_paths=[],
    storage_mode="memory", http_redirects=False, secure_logging=True,
)  # fmt: skip
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it repeats what we are told anyway, with addresses and tokens


def read(address: str) -> tuple[Service, Any]:
    """The service of an address and its plugin, ready to speak through the guarded client. Raises Unfit."""
    if len(address) > LONGEST or not address.isprintable():
        raise Unfit("This address is too long, or has characters that no address has.")
    service, parsed = _parsed(address.strip().replace("#", "%23"))  # rooms begin with it; nothing else would
    unknown = set(parsed["qsd"]) - service.options  # as apprise reads them, signs (+ - :) included
    if unknown:
        raise Unfit(f"{service.title}: “{sorted(unknown)[0][:40]}” behind the ? is not taken here.")
    try:
        plugin: Any = plugin_of(service)(asset=ASSET, **(parsed | {"overflow": "truncate"}))
    except Exception as error:  # foreign code over what somebody typed: whatever it trips over does not fit
        raise unlike(service) from error
    named = len(getattr(plugin, service.targets)) if service.targets else len(plugin)
    if named != 1:
        raise Unfit(f"{service.title}: name just one room or person in an address, as in {service.example}")
    plugin.throttle = _without_waiting
    if service.plain:
        plugin.notify_format = NotifyFormat.TEXT  # Markdown as apprise escapes it breaks the links
    if service.title == "Matrix":
        _set_up_matrix(plugin)
    return service, plugin


def wrong_with(address: str) -> str:
    """Why an address is not taken, in words for people, or ""."""
    try:
        read(address)
    except Unfit as unfit:
        return str(unfit)
    return ""


def label(address: str) -> str:
    """An address with its secrets blotted out, for people. Raises Unfit."""
    service, plugin = read(address)
    return f"{service.title}: {plugin.url(privacy=True).partition('?')[0]}"[:200]


@cache
def plugin_of(service: Service) -> type[NotifyBase]:
    """Its class, whose module asks through the guarded client from now on."""
    module = import_module(f"apprise.plugins.{service.module}")
    vars(module)["requests"] = REQUESTS_GUARDED
    found: type[NotifyBase] = getattr(module, service.plugin)
    return found


def _parsed(address: str) -> tuple[Service, dict[str, Any]]:
    scheme = address.partition("://")[0].lower()
    if scheme == "https":
        return _pasted(address)
    service = BY_SCHEME.get(scheme)
    if service is None:
        known = ", ".join(f"{each.schemes[0]}://" for each in SERVICES)
        raise Unfit(f"It does not begin as the address of a service that this desk speaks to: {known}")
    try:
        parsed = plugin_of(service).parse_url(address)
    except Exception as error:  # the same
        raise unlike(service) from error
    if not parsed:
        raise unlike(service)
    return service, dict(parsed)


def _pasted(address: str) -> tuple[Service, dict[str, Any]]:
    """The address of a webhook as the service itself shows it, where that says whose it is."""
    for service in SERVICES:
        if service.title in ("Discord", "Google Chat", "ntfy") and (
            parsed := plugin_of(service).parse_native_url(address)
        ):
            return service, dict(parsed)
    raise Unfit(f"Which service this belongs to cannot be told: write it like {SERVICES[0].example}")


def unlike(service: Service) -> Unfit:
    return Unfit(f"This does not fit {service.title}, whose addresses look like {service.example}")


def _set_up_matrix(plugin: Any) -> None:
    """Plain text to one room, with an access token that is there already: no looking around, no keys kept."""
    if plugin.mode != "off" or plugin.user or not plugin.password:
        raise Unfit(
            "Matrix: an access token and a room are needed, as in matrixs://token@matrix.example/!room:matrix.example"
        )
    plugin.e2ee = plugin.autoverify = plugin.discovery = plugin.include_image = False
    plugin.access_token, plugin.user_id, plugin.home_server = plugin.password, f"@:{plugin.host}", plugin.host


def _without_waiting(*given: Any, **more: Any) -> None:
    """A plugin's pause between requests. A message that must wait is tried again later instead."""
