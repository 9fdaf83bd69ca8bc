"""Raw messages, one after the other, through the real intake on a test database, for samples kept elsewhere.

From the environment: EVAL_MAILBOX (else the first recipient of the first message), EVAL_AUTHSERV_ID (our receiving
server's name), EVAL_AGENTS (addresses of people of the desk, separated by commas).
"""

import os
from datetime import timedelta
from functools import cache
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
from tests import services  # noqa: E402 - starts the servers before Django reads where they are

services.start_for_this_run()
import django  # noqa: E402

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Membership, Role, Team, User  # noqa: E402
from catalog.models import Site  # noqa: E402
from deliveries.models import Delivery  # noqa: E402
from integrations import inbound  # noqa: E402
from integrations.mail import addresses, headers, intake  # noqa: E402
from integrations.models import Mail, Mailbox, Outcome, State  # noqa: E402


def run(messages: list[bytes]) -> list[dict[str, Any]]:
    """For each message: `ticket` (its number, or None), `outcome` (created, appended, held, dropped, bounced or note)
    and `answered` (whether the desk answered its sender by itself). Every run begins with an empty desk."""
    database()
    with transaction.atomic():
        mailbox = desk(messages)
        began = timezone.now() - timedelta(minutes=len(messages))
        found = [told(mailbox, raw, began + timedelta(minutes=number)) for number, raw in enumerate(messages)]
        transaction.set_rollback(True)
    return found


@cache
def database() -> None:
    """A test database of this process, unless one is in use already."""
    if "test" not in connection.settings_dict["NAME"]:
        connection.creation.create_test_db(verbosity=0, autoclobber=True)


def desk(messages: list[bytes]) -> Mailbox:
    """A team, a site, its mailbox and the people of the desk."""
    team = Team.objects.create(name="Support", slug="support")
    site = Site.objects.create(name="Shop", slug="shop", url="https://shop.example", fallback_team=team)
    for address in filter(None, os.environ.get("EVAL_AGENTS", "").split(",")):
        agent = User.objects.create_user(address.strip(), name=address.partition("@")[0], role=Role.AGENT)
        Membership.objects.create(team=team, user=agent)
    recipients = addresses.read(headers.read(messages[0])[0], "to") if messages else ()
    address = os.environ.get("EVAL_MAILBOX") or next((one.addr for one in recipients if one.domain), "")
    return Mailbox.objects.create(
        name="Support", address=(address or "support@desk.example")[:254], protocol="push", team=team, site=site,
        authserv_id=os.environ.get("EVAL_AUTHSERV_ID", ""),
    )  # fmt: skip


def told(mailbox: Mailbox, raw: bytes, at: Any) -> dict[str, Any]:
    """One message through the intake, as a worker does it."""
    letters = Delivery.objects.filter(automatic=True, user__role=Role.REQUESTER)
    before = letters.count()
    row, fresh = intake.store(mailbox, raw, at)
    for _ in range(inbound.MAX_ATTEMPTS):
        if row.state != State.PENDING:
            break
        row.attempts += 1
        inbound.interpret(row, now=at)
    mail = Mail.objects.filter(inbound=row).first()
    outcome = mail.outcome if mail and fresh else Outcome.DROPPED if not fresh else Outcome.HELD
    return {"ticket": row.ticket_id, "outcome": str(outcome), "answered": letters.count() > before}
