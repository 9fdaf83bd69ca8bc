"""The same POST at once, to the API and to the form: one is done, the others are told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

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


def test_the_same_page_sent_eight_times_at_once_is_one_ticket_with_one_receipt():
    make.team("Front-end")
    words = {"subject": "x", "description": "y", "kind": "incident", "email": "pat@home.example", "submission": "s"}

    def post(_):
        try:
            return Client().post("/help/new", words)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert {answer.status_code for answer in answers} == {302} and len({answer.url for answer in answers}) == 1
    assert Ticket.objects.count() == 1
