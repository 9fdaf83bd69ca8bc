"""The parser and the display of mail behind one function of bytes, for running samples kept outside this repository."""

import os
from typing import Any

from integrations.mail import automatic, display, headers
from integrations.mail.parse import parse

_WEAK = "replies go to another domain"


def read(raw: bytes) -> dict[str, Any]:
    """What the desk makes of a mail, as plain values. Our domains and our server's name come from the environment."""
    trusted = os.environ.get("EVAL_AUTHSERV_ID", "").lower().split(",")
    own = os.environ.get("EVAL_OWN_DOMAINS", "").lower().split(",")
    letter = parse(raw, trusted=[one for one in trusted if one])
    bounce = letter.bounce
    return {
        "from_addr": letter.author.addr,
        "from_name": letter.author.name,
        "reply_to_addr": letter.reply_to[0].addr if letter.reply_to else "",
        "subject": letter.subject,
        "text": letter.text,
        "reply_text": letter.reply_text,
        "html": display.shown(letter.html),
        "html_is_sanitised": True,
        "attachments": [
            {
                "name": one.name,
                "content_type": one.content_type,
                "size": one.size,
                "inline": one.inline,
                "content_id": one.content_id,
            }
            for one in letter.attachments
            if not one.packed_in
        ],
        "tnef_attachments": [one.name for one in letter.attachments if one.packed_in],
        "is_auto_reply": bool(letter.automatic),
        "is_bounce": bounce is not None,
        "bounce_recipients": list(bounce.recipients) if bounce else [],
        "bounce_status": bounce.status if bounce else "",
        "is_feedback": letter.feedback,
        "message_id": letter.message_id,
        "in_reply_to": " ".join(f"<{one}>" for one in letter.in_reply_to),
        "references": list(letter.references),
        "calendar_method": letter.calendar_method,
        "spoof_suspect": any(sign != _WEAK for sign in letter.spoof),
        "crypto": letter.crypto,
        "spam_flag": letter.spam,
        "auth_verdict": letter.authentication.verdict,
        "auth_fail": letter.authentication.verdict == "fail",
        "own_loop": automatic.is_own(letter, own, headers.read(raw)[0]),
    }
