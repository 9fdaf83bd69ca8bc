"""How many messages a second are read from bytes, beside the standard library's own parse as the floor."""

import email
import email.policy
import time
from base64 import encodebytes
from collections.abc import Callable

from integrations.mail import display
from integrations.mail.parse import parse

_PLAIN = """\
Received: from mx.customer.example (mx.customer.example [192.0.2.7]) by mx.desk.example; Tue, 3 Feb 2026 10:00:00 +0000
From: "Customer, Cora" <cora@customer.example>
To: Support <support@desk.example>
Subject: =?utf-8?Q?Re=3A_Die_Seite_l=C3=A4dt_nicht?=
Date: Tue, 3 Feb 2026 10:00:00 +0000
Message-ID: <{id}@customer.example>
In-Reply-To: <1042@desk.example>
References: <1041@desk.example> <1042@desk.example>
MIME-Version: 1.0
"""
_REPLY = """\
It still does not load.

Cora

On Mon, 2 Feb 2026 at 17:12, Support <support@desk.example> wrote:
> Thank you for telling us. Could you clear the cache and try again?
> We have seen the same with another browser and are looking into it.
"""
_HTML = "<div>{}</div><blockquote>{}</blockquote>".format(
    "<p>It <b>still</b> does not load.</p>" * 20, "<p>Thank you.</p>" * 40
)


def messages() -> list[bytes]:
    """One of each shape that makes up most mail: plain, two forms, with a picture and a file, a bounce."""
    head = _PLAIN
    picture = encodebytes(bytes(range(256)) * 120).decode()
    alternative = (
        "Content-Type: multipart/alternative; boundary=alt\n\n"
        f"--alt\nContent-Type: text/plain; charset=utf-8\n\n{_REPLY}\n"
        f"--alt\nContent-Type: text/html; charset=utf-8\n\n{_HTML}\n--alt--\n"
    )
    attached = (
        f"Content-Type: multipart/mixed; boundary=mix\n\n--mix\n{alternative}\n--mix\n"
        "Content-Type: image/png; name=screen.png\nContent-ID: <s@1>\nContent-Transfer-Encoding: base64\n\n"
        f"{picture}\n--mix--\n"
    )
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=rep\n\n"
        "--rep\n\nYour mail was not delivered.\n--rep\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.customer.example\n\nFinal-Recipient: rfc822; gone@customer.example\n"
        "Action: failed\nStatus: 5.1.1\n--rep\n"
        "Content-Type: text/rfc822-headers\n\nMessage-ID: <1042@desk.example>\n--rep--\n"
    )
    bodies = [f"Content-Type: text/plain; charset=utf-8\n\n{_REPLY}", alternative, attached, report]
    return [(head.replace("{id}", str(number)) + body).encode() for number, body in enumerate(bodies)]


def parsing(times: int = 200) -> dict[str, object]:
    """Messages a second of CPU time: ours, ours with the sanitised page, the library's, and a message of 25 MB."""
    mails = messages()
    lines = (b"QUJD" * 19 + b"\n") * 330_000
    big = mails[2].replace(b"\n--mix--", b"\n" + lines + b"--mix--")
    began = time.process_time()
    parse(big)
    big_seconds = time.process_time() - began
    return {
        "parsed_per_s": _rate(parse, mails, times),
        "parsed_and_shown_per_s": _rate(lambda raw: display.shown(parse(raw).html), mails, times),
        "floor_stdlib_per_s": _rate(_library, mails, times),
        "floor_stdlib_tree_only_per_s": _rate(email.message_from_bytes, mails, times),
        "mail_of_25_mb_seconds": round(big_seconds, 2),
        "mail_of_25_mb_bytes": len(big),
    }


def _rate(read: Callable[[bytes], object], mails: list[bytes], times: int) -> int:
    began = time.process_time()
    for _ in range(times):
        for raw in mails:
            read(raw)
    return round(times * len(mails) / (time.process_time() - began))


def _library(raw: bytes) -> object:
    """What the library offers for the same facts: headers and each part's content, decoded."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    names = [str(message[name]) for name in ("from", "to", "subject", "message-id", "references", "date")]
    return names, [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
