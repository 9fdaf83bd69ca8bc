"""Mail at once: real threads, real transactions, and a worker that dies between reading and committing."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations import inbound
from integrations.mail import intake, receive
from integrations.mail.follow_ups import accept, split
from integrations.models import Mail, Mailbox, Outcome, State
from integrations.tasks import interpret_pending
from tests import make
from tests.mail.post import mail
from tests.races.test_alerts import at_once
from tickets.errors import Refused
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def mailbox(settings, tmp_path) -> Mailbox:
    settings.MEDIA_ROOT = tmp_path
    return Mailbox.objects.create(
        name="Support", address="support@desk.example", protocol="push", team=make.team("Front-end")
    )


def test_one_mail_on_eight_threads_is_one_ticket(mailbox):
    raw = mail()
    rows = at_once(8, lambda _: intake.store(mailbox, raw, timezone.now())[0], range(8))
    at_once(8, lambda row: receive.take(row, at=timezone.now()), rows)
    assert (Ticket.objects.count(), Mail.objects.count(), Message.objects.count()) == (1, 1, 1)


def test_forty_mails_on_four_workers_are_forty_tickets(mailbox):
    at_once(4, lambda n: intake.store(mailbox, mail(f"{n}"), timezone.now()), range(40))
    at_once(4, lambda _: interpret_pending(), range(8))
    assert (Ticket.objects.count(), Mail.objects.filter(outcome=Outcome.CREATED).count()) == (40, 40)


def test_of_two_decisions_at_once_one_holds(mailbox):
    agent = make.person("Ada", "agent")
    receive.take(intake.store(mailbox, mail("", "Message-ID: <first@x>"), timezone.now())[0], at=timezone.now())
    raw = mail("Me too.\n", "In-Reply-To: <first@x>", sender="sam@elsewhere.example")
    receive.take(intake.store(mailbox, raw, timezone.now())[0], at=timezone.now())
    held = Mail.objects.held().get()

    def decide(verb):
        try:
            verb(mail=held, at=timezone.now(), actor=agent)
        except Refused:
            return "refused"
        return "done"

    assert sorted(at_once(2, decide, [accept, split])) == ["done", "refused"]
    assert Message.objects.count() == 2


DIES = """
import os, signal, sys
import django
django.setup()
from integrations.mail import receive
from integrations.models import Inbound
def finish(*args):
    os.kill(os.getpid(), signal.SIGKILL)
receive.finish = finish
row = Inbound.objects.get()
receive.take(row, at=row.received_at)
"""


def test_a_worker_that_is_killed_before_it_commits_loses_nothing(mailbox):
    now = timezone.now()
    intake.store(mailbox, mail(), now)
    inbound.claim(now, batch=1)
    database = connection.settings_dict["NAME"]
    address = (
        f"postgresql://{connection.settings_dict['USER']}@:5432/{database}?host={connection.settings_dict['HOST']}"
    )
    environment = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    died = subprocess.run([sys.executable, "-c", DIES], env=environment, check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert (Ticket.objects.count(), Mail.objects.count()) == (0, 0)
    [row] = inbound.claim(now + inbound.LEASE + timedelta(seconds=1), batch=1)
    inbound.interpret(row, now=timezone.now())
    assert (row.state, Ticket.objects.count()) == (State.DONE, 1)
