"""What a mail says, once read: frozen facts, nothing about tickets."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """`addr` is local@domain with the domain in lower case, or whatever stood there when it is no address."""

    name: str = ""
    addr: str = ""

    @property
    def domain(self) -> str:
        return self.addr.rpartition("@")[2] if "@" in self.addr else ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """`content_type` is what the sender claims, never to be trusted. `packed_in` names the attachment it was unpacked
    from (winmail.dat), "" when it travelled on its own."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    inline: bool = False
    content_id: str = ""
    packed_in: str = ""

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that mail did not arrive. `status` is an enhanced status code (RFC 3463) or ""; `returned_ids` are the
    ids of the mail it came back for."""

    recipients: tuple[str, ...] = ()
    status: str = ""
    permanent: bool = False
    diagnostic: str = ""
    returned_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authentication:
    """Results by our own receiving server only: each "pass", "fail" or "none"."""

    dmarc: str = "none"
    dkim: str = "none"
    spf: str = "none"

    @property
    def verdict(self) -> str:
        """DMARC decides where it was checked; without it, anything that failed."""
        if self.dmarc != "none":
            return self.dmarc
        if "fail" in (self.dkim, self.spf):
            return "fail"
        return "pass" if self.dkim == "pass" else "none"


@dataclass(frozen=True, slots=True)
class Letter:
    """`author` is From; `automatic`, `spoof` and `flaws` hold short reasons, empty when there are none. `html` is raw:
    show it through `integrations.mail.display` only. Dates are aware. Ids stand without their angle brackets."""

    author: Address = Address()
    authors: tuple[Address, ...] = ()
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    delivered_to: tuple[Address, ...] = ()
    return_path: str | None = None  # "" is the null path of bounces, None: no such header
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    reply_text: str = ""
    quoted_text: str = ""
    signature: str = ""
    html: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    automatic: tuple[str, ...] = ()
    bounce: Bounce | None = None
    feedback: bool = False  # an abuse report (RFC 5965)
    authentication: Authentication = Authentication()
    spoof: tuple[str, ...] = ()
    spam: bool = False
    crypto: str = ""  # smime-signed, smime-encrypted, pgp-signed, pgp-encrypted
    calendar_method: str = ""
    forwarded_from: Address | None = None
    flaws: tuple[str, ...] = ()
