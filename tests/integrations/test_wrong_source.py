"""Every sender's bodies at every other sender's address: worked or refused with a reason, never a crash."""

import pytest

from integrations import inbound
from integrations.models import Door, Inbound, Source, State
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from tests.make import T0

pytestmark = pytest.mark.django_db
BODIES = [raw for kind in KINDS.values() for raw in kind.payloads.values()]
HOSTILE = [
    b'{"title": "\\u0000\\ud800", "status": "\\u0000", "key": "\\ud800\\u0000"}',
    b'{"Type": "Notification", "TopicArn": "a", "Message": "{\\"AlarmName\\": \\"\\\\u0000\\\\ud800\\"}"}',
    b"key=%00&title=%ff%00&status=down&monitorID=%00&TestID=%00&Status=%00&Name=%00",
    b'{"alerts": [' + b",".join([b'{"labels": {"alertname": "x"}}'] * 300) + b"]}",
    b'{"monitorID": ' + b"9" * 4_000 + b', "alertType": 1e308}',
    b'{"incident": {"incident_id": "' + b"x" * 100_000 + b'", "summary": "' + b"y\\n" * 50_000 + b'"}}',
]


@pytest.mark.parametrize("kind", KINDS)
def test_it_works_or_refuses_what_another_sender_means(shop, kind, settings):
    settings.SNS_HOST = "nowhere"  # a test asks nobody outside
    source = Source(name="Wrong", kind=kind, site=shop)
    source.new_token()
    source.save()
    for raw in [*BODIES, *HOSTILE]:
        inbound.store(door=Door.ALERT, raw=raw, at=T0, source=source, path="v2/alerts/%00/close")
    while interpret_pending():
        pass
    assert not Inbound.objects.filter(state=State.PENDING).exists()
    reasons = Inbound.objects.exclude(state=State.DONE).values_list("reason", flat=True)
    assert all(reason and "Error" not in reason for reason in reasons)
