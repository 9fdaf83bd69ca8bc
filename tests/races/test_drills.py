"""Codes and drills from several workers at once: real threads, real transactions."""

from collections.abc import Callable
from functools import partial

import pytest

from accounts.models import AuditEntry, Role, User
from deliveries.models import Delivery
from oncall import drilling
from oncall.actions import contacts, drills
from oncall.models import ContactMethod, Drill, Rota
from tests import make
from tests.make import T0, later
from tests.races.test_swaps import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def times(number: int, verb: Callable[[int], object]) -> list[str]:
    """What those were refused with, of so many at once; each is given its number."""
    return at_once(*(partial(verb, place) for place in range(number)))


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
    refused = times(4, lambda _: contacts.verify(method=waiting, code=code, at=T0, actor=ada))
    assert len(refused) == 3 and AuditEntry.objects.filter(action="contact method verified").count() == 1


def test_many_guesses_at_once_are_five(ada: User, waiting: ContactMethod) -> None:
    code = int(code_of(waiting))
    guesses = [f"{(code + 1 + number) % 1_000_000:06}" for number in range(12)]
    refused = times(12, lambda n: contacts.verify(method=waiting, code=guesses[n], at=T0, actor=ada))
    waiting.refresh_from_db()
    assert len(refused) == 12 and waiting.code_tries == 5 and waiting.verified_at is None


def test_many_people_at_once_send_one_code_to_a_stranger() -> None:
    people = [make.person(f"P{number}", Role.AGENT) for number in range(6)]
    account = make.twilio()
    refused = times(
        6, lambda n: contacts.add(via="sms", address="+49 151 5550101", channel=account, at=T0, actor=people[n])
    )
    assert len(refused) == 5 and Delivery.objects.filter(data__kind="verify").count() == 1


def test_workers_at_once_drill_a_shift_once_and_tell_the_manager_once(ada: User) -> None:
    ben = make.person("Ben", Role.AGENT)
    make.person("Mona", Role.MANAGER)
    make.contact_method(ben, "email", "ben@phone.example")
    make.layer(ada, ben, at=T0)
    times(6, lambda _: drilling.drill_due(T0))
    drill = Drill.objects.get()
    assert drill.user == ben and Delivery.objects.filter(data__kind="drill").count() == 1
    assert drill.begins_at is not None
    Rota.objects.update(drills_at=None)
    begun = drill.begins_at
    times(6, lambda _: drilling.drill_due(begun))
    assert Delivery.objects.filter(subject__startswith="Not confirmed").count() == 1


def test_a_button_pressed_often_at_once_sends_one_test_and_confirms_once(ada: User) -> None:
    method = make.contact_method(ada, "email", "ada@phone.example")
    assert len(times(5, lambda _: drills.test(method=method, at=T0, actor=ada))) == 4
    drill, answers = Drill.objects.get(), list[bool]()
    times(5, lambda n: answers.append(drills.confirm(drill=drill, at=later(minutes=n))))
    assert sorted(answers) == [False] * 4 + [True]
