"""Messages through channels by the worker's own lane: one that hangs holds up no other."""

from datetime import timedelta
from threading import enumerate as threads

import pytest
from django.utils import timezone

from deliveries import claims, urgent
from deliveries.models import Delivery, State
from tests.beyond import listening
from tests.channels import a_channel, a_message

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for(subject: str) -> None:
    """Until the threads that send messages of this subject are over."""
    for thread in threads():
        if thread.name.startswith(f"page-{subject}"):
            thread.join(6)


def states(subject: str) -> set[str]:
    return set(Delivery.objects.filter(subject=subject).values_list("state", flat=True))


def test_a_room_that_hangs_holds_up_no_other(beyond):
    with listening() as other:
        hanging, well = (
            a_channel("teams", secrets={"url": beyond.base}),
            a_channel("webhook", config={"url": other.base}),
        )
        beyond.hold.clear()
        for _ in range(3):
            a_message(hanging, subject="stuck")
            a_message(well, subject="quick")
        assert urgent.send_due(timezone.now()) == 6
        wait_for("quick")
        assert (states("quick"), len(other.asked)) == ({"sent"}, 3)
        assert states("stuck") <= {"pending", "sending"}
        beyond.hold.set()
        wait_for("stuck")
        assert states("stuck") == {"sent"}


def test_what_waited_while_sending_was_frozen_wakes_nobody_afterwards(beyond):
    room = a_channel("webhook", config={"url": beyond.base})
    old, new = (a_message(room, subject=subject) for subject in ("old", "new"))
    Delivery.objects.filter(pk=old.pk).update(created_at=timezone.now() - urgent.STALE - timedelta(seconds=1))
    for row in claims.claim(timezone.now(), urgent=True):
        urgent.send_alone(row)
    states = [Delivery.objects.get(pk=row.pk).state for row in (old, new)]
    assert states == [State.DEAD, State.SENT] and len(beyond.asked) == 1
