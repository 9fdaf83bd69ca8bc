"""Whether a body comes from its source's sender: by address, and by what the sender signs or names itself with.

Who holds a source's address may post to it. A secret, where one is set, must be proven too: by Sentry's signature, by
Grafana's, or plainly in a header of any other sender.
"""

import hmac
import ipaddress
from collections.abc import Mapping

from integrations.models import Source

PLAIN = "X-Webhook-Secret"
SENTRY, GRAFANA = "Sentry-Hook-Signature", "X-Grafana-Alerting-Signature"


def networks_of(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The networks of a list, one a line or with commas. Raises ValueError, which names the wrong one."""
    return [ipaddress.ip_network(word, strict=False) for word in text.replace(",", " ").split()]


def may_send_from(source: Source, ip: str | None) -> bool:
    """Whether this address (behind a trusted proxy, the one it saw) is among those that may send."""
    if not source.networks.strip():
        return True
    if ip is None:
        return False
    address = ipaddress.ip_address(ip)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((mapped or address) in network for network in networks_of(source.networks))


def why_refused(source: Source, body: bytes, headers: Mapping[str, str]) -> str:
    """What is missing or wrong in the proof, for the sender; "" when it holds or none is asked for."""
    secret = source.open_secret()
    if not secret:
        return ""
    if source.kind == "sentry":
        return "" if signed(body, secret, headers.get(SENTRY, "")) else f"The header {SENTRY} does not fit the body."
    if source.kind == "grafana" and (given := headers.get(GRAFANA)):
        return "" if signed(body, secret, given) else f"The header {GRAFANA} does not fit the body."
    bearer = headers.get("Authorization", "").removeprefix("Bearer ")
    if any(same(given, secret) for given in (headers.get(PLAIN, ""), bearer)):
        return ""
    return f"This source asks for its secret in the header {PLAIN}, or as a bearer token."


def signed(body: bytes, secret: str, given: str) -> bool:
    """Whether `given` is the HMAC-SHA256 of the body, in hexadecimal."""
    return same(given.strip().lower(), hmac.digest(secret.encode(), body, "sha256").hex())


def same(given: str, expected: str) -> bool:
    """In a time that does not tell how much of it was right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
