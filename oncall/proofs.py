"""What is sent to one way of a person to prove that it reaches them: the code that verifies it, and drills."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format

from accounts.models import User
from deliveries.models import Delivery
from integrations.models.mailbox import keys
from lib import crypto
from oncall.models import ContactMethod, Drill, Via
from oncall.roster import zone_of

PURPOSE = "drill"
HOLDS = timedelta(days=8)  # how long the link of a drill confirms
CODE_MINUTES = 15


def code_letter(method: ContactMethod, code: str, *, at: datetime) -> Delivery:
    """The code of a method that waits for it; the only thing that is sent to one. There is one a minute at most."""
    text = (
        f"{code} is the code that verifies this contact method of {method.user} on the helpdesk. "
        f"It is good for {CODE_MINUTES} minutes. If you did not expect it, leave it be."
    )
    subject = f"{code} is your code for the helpdesk"
    # A tap on a notification opens the page that asks for the code.
    more = {"link": f"{settings.BASE_URL}/oncall/contact"} if method.via == Via.WEBPUSH else None
    return letter(
        method.user, method, key=code_key(method), kind="verify", at=at, subject=subject, text=text, more=more
    )


def code_key(method: ContactMethod) -> str:
    """Of the delivery of the code that a method waits for."""
    return f"verify.{method.pk}.{method.code_until:%Y%m%d%H%M%S}" if method.code_until else ""


def drill_letter(drill: Drill) -> Delivery:
    """A drill by its way: that nothing is wrong, what for, and the link that confirms."""
    subject = subject_of(drill)
    link = f"{settings.BASE_URL}/p/d/{token(drill)}"
    text = f"{subject}\n\nNothing is wrong. One tap says that this way of reaching you works:\n{link}"
    return letter(
        drill.user, drill.method, key=f"drill.{drill.pk}", kind="drill", at=drill.made_at, subject=subject, text=text,
        more={"link": link, "token": token(drill), "state": "open"},
    )  # fmt: skip


def subject_of(drill: Drill) -> str:
    """Begins with the word that tells it from a page."""
    if drill.begins_at and drill.rota:
        when = date_format(drill.begins_at.astimezone(zone_of(drill.user)), "D j M, H:i")
        return f"Drill, no alarm: you are on call for {drill.rota} from {when}"
    if drill.rota:
        return f"Drill, no alarm: you take turns on call for {drill.rota}"
    return "Test, no alarm: you asked the helpdesk for it"


def letter(
    user: User, method: ContactMethod | None, *, key: str, kind: str, at: datetime, subject: str, text: str,
    more: dict[str, Any] | None = None,
) -> Delivery:  # fmt: skip
    """One urgent message by this method; without one, by mail to the address that the person signs in with."""
    data: dict[str, Any] = {
        "kind": kind, "channel": method.channel_id if method else None, "method": method.pk if method else None,
        "target": method.sealed if method else "", "link": "", "token": "", "code": "", "page": None, "tickets": [],
    }  # fmt: skip
    return Delivery(
        channel=method.via if method else Via.EMAIL.value, key=key, user=user, automatic=True, urgent=True,
        address=(method.address if method else user.email)[:254], sender=settings.DEFAULT_FROM_EMAIL,
        subject=subject[:400], body_text=text, created_at=at, next_try_at=at, data=data | (more or {}),
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )  # fmt: skip


def token(drill: Drill) -> str:
    """What stands for a drill in its link: whoever has it may say that it arrived."""
    return crypto.sign(str(drill.pk), purpose=PURPOSE, keys=keys(), until=drill.made_at + HOLDS)


def read_token(given: str, *, now: datetime) -> Drill | None:
    """The drill that a link stands for; None when it is not ours, or too old."""
    try:
        pk = int(crypto.unsign(given, purpose=PURPOSE, keys=keys(), now=now))
    except ValueError:
        return None
    return Drill.objects.select_related("user", "rota", "method").filter(pk=pk).first()
