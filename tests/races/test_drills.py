"""Codes and drills from several workers at once: real threads, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from accounts.errors import Refused
from accounts.models import AuditEntry, Role, User
from deliveries.models import Delivery
from oncall import drilling
from oncall.actions import contacts, drills
from oncall.models import ContactMethod, Drill, Rota
from tests import make
from tests.make import T0, later

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def at_once(verb: Callable[[int], object], times: int) -> list[str]:
    """What those were refused with that all began at the same instant, each on a connection of its own."""
    together = Barrier(times)

    def work(number: int) -> str:
        try:
            together.wait()
            verb(number)
        except Refused as refused:
            return refused.message
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(times) as pool:
        return [said for said in pool.map(work, range(times)) if said]


@pytest.fixture
def ada() -> User:
    return make.person("Ada", Role.AGENT)


@pytest.fixture
def waiting(ada: User) -> ContactMethod:
    """A method of Ada's that waits for its code."""
    return contacts.add(via="sms", address="+49 151 5550101", channel=make.twilio(), at=T0, actor=ada)


def code_of(method: ContactMethod) -> str:
    return Delivery.objects.get(data__method=method.pk).body_text[:6]


def test_a_code_used_many_times_at_once_counts_once(ada: User, waiting: ContactMethod) -> None:
    code = code_of(waiting)
    refused = at_once(lambda _: contacts.verify(method=waiting, code=code, at=T0, actor=ada), 4)
    assert len(refused) == 3 and AuditEntry.objects.filter(action="contact method verified").count() == 1


def test_many_guesses_at_once_are_five(ada: User, waiting: ContactMethod) -> None:
    code = int(code_of(waiting))
    guesses = [f"{(code + 1 + number) % 1_000_000:06}" for number in range(12)]
    refused = at_once(lambda n: contacts.verify(method=waiting, code=guesses[n], at=T0, actor=ada), 12)
    waiting.refresh_from_db()
    assert len(refused) == 12 and waiting.code_tries == 5 and waiting.verified_at is None


def test_many_people_at_once_send_one_code_to_a_stranger() -> None:
    people = [make.person(f"P{number}", Role.AGENT) for number in range(6)]
    account = make.twilio()
    refused = at_once(
        lambda n: contacts.add(via="sms", address="+49 151 5550101", channel=account, at=T0, actor=people[n]), 6
    )
    assert len(refused) == 5 and Delivery.objects.filter(data__kind="verify").count() == 1


def test_workers_at_once_drill_a_shift_once_and_tell_the_manager_once(ada: User) -> None:
    ben = make.person("Ben", Role.AGENT)
    make.person("Mona", Role.MANAGER)
    make.contact_method(ben, "email", "ben@phone.example")
    make.layer(ada, ben, at=T0)
    at_once(lambda _: drilling.drill_due(T0), 6)
    drill = Drill.objects.get()
    assert drill.user == ben and Delivery.objects.filter(data__kind="drill").count() == 1
    assert drill.begins_at is not None
    Rota.objects.update(drills_at=None)
    begun = drill.begins_at
    at_once(lambda _: drilling.drill_due(begun), 6)
    assert Delivery.objects.filter(subject__startswith="Not confirmed").count() == 1


def test_a_button_pressed_often_at_once_sends_one_test_and_confirms_once(ada: User) -> None:
    method = make.contact_method(ada, "email", "ada@phone.example")
    assert len(at_once(lambda _: drills.test(method=method, at=T0, actor=ada), 5)) == 4
    drill, answers = Drill.objects.get(), list[bool]()
    at_once(lambda n: answers.append(drills.confirm(drill=drill, at=later(minutes=n))), 5)
    assert sorted(answers) == [False] * 4 + [True]
