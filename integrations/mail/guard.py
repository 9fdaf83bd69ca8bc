"""Connections that the desk opens to hosts that somebody typed in: looked up once, the address judged, then dialled.

An address inside our own network (also written through NAT64, 6to4 or as a mapped one) is dialled only when the
operator lists it in settings.INTERNAL_HOSTS; link-local ones, where clouds keep their keys, never. Without TLS only
this very machine is spoken to. What goes wrong is a `Trouble`, which names the step in plain words.
"""

import ipaddress
import re
import socket
import ssl
from enum import StrEnum
from queue import Empty, Queue
from threading import Thread
from time import monotonic

from django.conf import settings

CONNECT_SECONDS = 6.0  # lookup and connecting, each
READ_SECONDS = 30.0  # of silence
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_CODE = re.compile(r"^\[[A-Z-]+\] ?")  # an IMAP or POP3 response code
_NAT64 = [ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48")]


class Step(StrEnum):
    """What is done to reach a mailbox, in this order."""

    LOOKUP = "Name lookup"
    CONNECT = "Connect"
    TLS = "TLS"
    SIGN_IN = "Sign-in"
    FOLDER = "Folder"
    FETCH = "Fetch"


class Trouble(Exception):
    """A mailbox could not be reached or read: at which step, and why in words for people."""

    def __init__(self, step: Step, words: str) -> None:
        super().__init__(words)
        self.step, self.words = step, words


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to, where it does; else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def why_not(host: str, written: str) -> str:
    """Why this address of a host must not be dialled, or ""."""
    address = unwrapped(ipaddress.ip_address(written.partition("%")[0]))
    found = host if host == str(address) else f"{host} leads to {address}, which"
    reserved = address.is_reserved and not address.is_loopback  # to Python, ::1 is both
    if address.is_link_local or address.is_multicast or address.is_unspecified or reserved:
        return f"{found} is an address that is never dialled."
    inside = not address.is_global or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    if inside and not listed(host, address):
        return f"{found} is inside your own network. Whoever runs the desk must first list it in INTERNAL_HOSTS."
    return ""


def listed(host: str, address: Address) -> bool:
    """Whether the operator lists this name, this address or a network that holds it."""
    for entry in settings.INTERNAL_HOSTS:
        if entry.lower() == host.lower():
            return True
        try:
            if address in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue  # a name
    return False


def look_up(host: str, port: int, *, seconds: float = CONNECT_SECONDS) -> list[str]:
    """The addresses of a host, in the system's order of preference. Raises Trouble."""
    answers: Queue[list[str] | OSError | UnicodeError] = Queue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # The system's resolver knows no timeout: whoever waits for it does.
    Thread(target=ask, daemon=True, name="lookup").start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise Trouble(Step.LOOKUP, f"Nobody told within {seconds:.0f} s where {host} is.") from None
    if isinstance(answer, list):
        return answer
    raise Trouble(Step.LOOKUP, f"There is no host named {host}. Is it spelled right?") from answer


def dial(host: str, port: int, *, plain: bool, seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A TCP connection to the first address of `host` that may be dialled and answers. `seconds`: for the lookup and
    for connecting, each. Raises Trouble."""
    found = look_up(host, port, seconds=seconds)
    refused = {address: why_not(host, address) for address in found}
    allowed = [address for address in found if not refused[address]]
    if not allowed:
        raise Trouble(Step.CONNECT, next(iter(refused.values()), f"{host} has no address."))
    if plain and not all(unwrapped(ipaddress.ip_address(address)).is_loopback for address in allowed):
        raise Trouble(Step.CONNECT, f"{host} is not this machine: it is spoken to through TLS only.")
    end = monotonic() + seconds
    why: OSError | None = None
    for address in allowed:
        try:
            connected = socket.create_connection((address, port), timeout=max(end - monotonic(), 0.5))
        except OSError as error:
            why = error
            continue
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(READ_SECONDS)
        return connected
    raise Trouble(Step.CONNECT, f"{host} does not answer at port {port}: {said(why)}.") from why


def wrap(plain: socket.socket, host: str) -> ssl.SSLSocket:
    """TLS over a connection, with the certificate checked for `host`. Raises Trouble."""
    try:
        return tls().wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        words = f"The certificate of {host} is not to be trusted: {error.verify_message}."
        raise Trouble(Step.TLS, words) from error
    except (OSError, ValueError) as error:
        raise Trouble(Step.TLS, f"{host} does not speak TLS at this port: {said(error)}.") from error


def tls() -> ssl.SSLContext:
    """Certificates by the system's authorities (SSL_CERT_FILE names others)."""
    return ssl.create_default_context()


def said(error: BaseException | None) -> str:
    """What an error says, in a few words without a trailing full stop."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    words = error.args[0] if error and error.args else ""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words or type(error).__name__)
    plain = _CODE.sub("", " ".join(text.replace("\0", "").split()))
    return (plain or text).rstrip(".")[:300]
