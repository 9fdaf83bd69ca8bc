"""Eight sweepers over the same due clocks."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from sla.models import Breach, Clock, Firing
from sla.sweep import batch
from tests import make
from tests.make import later
from tickets.models import Event, Kind

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_eight_sweepers_over_a_hundred_due_clocks_make_a_hundred_breaches(shop):
    for _ in range(100):
        make.ticket(site=shop, severity=1, channel="alert")
    Clock.objects.filter(obligation="resolve").delete()
    together = Barrier(8)

    def work() -> int:
        try:
            together.wait()
            return sum(batch(later(hours=1), size=7) for _ in range(40))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        done = [future.result() for future in [pool.submit(work) for _ in range(8)]]
    assert sum(done) == 100
    assert Breach.objects.count() == Event.objects.filter(kind=Kind.BREACHED).count() == 100
    assert Firing.objects.count() == 200
