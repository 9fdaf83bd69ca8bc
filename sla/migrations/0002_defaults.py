"""What is shipped: two calendars and the default policy, with everybody free to change them."""

from django.db import migrations

MINUTE, HOUR = 60, 3600
WORKING_DAY = 8 * HOUR
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# severity -> acknowledge, first response, next response, resolve; P1 and P2 around the clock, P3 and P4 in business hours.
TARGETS = {
    1: (15 * MINUTE, 30 * MINUTE, 1 * HOUR, 2 * HOUR),
    2: (1 * HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR),
    3: (4 * HOUR, 8 * HOUR, 16 * HOUR, 3 * WORKING_DAY),
    4: (1 * WORKING_DAY, 2 * WORKING_DAY, 4 * WORKING_DAY, 10 * WORKING_DAY),
}
OBLIGATIONS = ("acknowledge", "first_response", "next_response", "resolve")


def definition(calendar):
    return {"tz": calendar.zone, "hours": calendar.hours, "holidays": [], "holidays_yearly": [], "overrides": {}}


def fill(apps, schema_editor):
    model = {name: apps.get_model("sla", name) for name in ("Calendar", "CalendarVersion", "Policy", "PolicyVersion", "Target", "Edition")}
    always = model["Calendar"].objects.create(name="Around the clock", hours={day: [["00:00", "24:00"]] for day in WEEK})
    business = model["Calendar"].objects.create(
        name="Business hours", hours={day: [["09:00", "17:00"]] for day in WEEK[:5]}
    )
    for calendar in (always, business):
        model["CalendarVersion"].objects.create(calendar=calendar, version=1, definition=definition(calendar))
    policy = model["Policy"].objects.create(name="Standard", is_default=True)
    targets = [
        model["Target"](
            policy=policy, severity=severity, obligation=obligation, seconds=seconds,
            calendar=always if severity <= 2 else business,
        )
        for severity, row in TARGETS.items()
        for obligation, seconds in zip(OBLIGATIONS, row)
    ]
    model["Target"].objects.bulk_create(targets)
    model["PolicyVersion"].objects.create(
        policy=policy, version=1,
        definition={
            "name": policy.name, "organisation": None, "site": None, "kind": "", "is_active": True,
            "pauses": policy.pauses, "warn_percent": policy.warn_percent,
            "targets": [[t.severity, t.obligation, t.seconds, t.calendar_id] for t in targets],
        },
    )
    model["Edition"].objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
