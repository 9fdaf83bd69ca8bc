"""The same POST at once: one is done, the others are told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from tests import make
from tests.api.conftest import Caller
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_sixteen_equal_posts_open_one_ticket():
    make.team("Front-end")
    caller = Caller(make.person("Cora"))

    def post(_):
        try:
            return caller.post("/tickets", {"subject": "x"}, Idempotency_Key="k")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(16)))
    assert {answer.status_code for answer in answers} <= {201, 409} and Ticket.objects.count() == 1
    assert {answer.data["number"] for answer in answers if answer.status_code == 201} == {Ticket.objects.get().pk}
