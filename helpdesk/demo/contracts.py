"""One customer of the demo with a contract: shorter targets, updates while a ticket is open, stages and a contact."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Organisation, User
from sla.actions.contracts import save_contract
from sla.actions.setup import save_policy
from sla.durations import Promise
from sla.models import Act, Calendar

HOUR = 3600
# severity -> acknowledge, first response, next response, update, resolve: seconds around the clock.
TARGETS = {
    1: (600, 1200, HOUR, HOUR, 2 * HOUR),
    2: (1800, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR),
    3: (2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 24 * HOUR),
    4: (4 * HOUR, 8 * HOUR, 24 * HOUR, 48 * HOUR, 96 * HOUR),
}
OBLIGATIONS = ("acknowledge", "first_response", "next_response", "update", "resolve")
# When, and what then; the last comes three times at most, an hour of working time apart.
STAGES: list[tuple[dict[str, Any], list[Act]]] = [
    ({"percent": 75}, [Act.NOTIFY_ASSIGNEE]),
    ({"percent": 100}, [Act.NOTIFY_ASSIGNEE, Act.NOTIFY_MANAGER]),
    ({"offset": HOUR, "obligation": "resolve", "repeat_every": HOUR, "repeat_times": 2},
     [Act.NOTIFY_MANAGER, Act.NOTIFY_CONTACTS]),
]  # fmt: skip


def make_contract(*, now: datetime, admin: User) -> None:
    """The contract of the demo's outdoor shop."""
    always = Calendar.objects.get(name="Around the clock")
    targets = {
        (severity, name): (Promise(seconds=seconds), always)
        for severity, row in TARGETS.items()
        for name, seconds in zip(OBLIGATIONS, row, strict=True)
    }
    once: dict[str, Any] = {
        "percent": None,
        "offset": None,
        "obligation": "",
        "severities": [],
        "repeat_every": 0,
        "repeat_times": 0,
    }
    stages = [{"pk": None, **once, **when, "actions": [{"do": act} for act in acts]} for when, acts in STAGES]
    customer = Organisation.objects.get(domains__domain="outdoor.example")
    # For contracts only: no other ticket meets a condition that names this customer.
    policy, _ = save_policy(
        policy=None, targets=targets, stages=stages, at=now, actor=admin, name="Demo Priority", organisation=customer
    )
    save_contract(
        contract=None, organisation=customer, name="Demo Priority", policy=policy,
        begins=(now - timedelta(days=365)).date(), ends=None, at=now, actor=admin,
        contacts=[("Olga Example", "olga@outdoor.example", [1, 2])],
    )  # fmt: skip
