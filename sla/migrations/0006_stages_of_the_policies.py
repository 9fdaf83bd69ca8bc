"""Each policy's warning and what was told of a breach become stages of it; whatever has fired stays fired."""

from django.db import migrations

EIGHT_HOURS = 8 * 3600
# What has fired is kept by the clock itself, too: stage -> [arming, repetition].
FIRED = """
UPDATE sla_clock AS c SET fired =
    CASE WHEN c.warned_at IS NOT NULL OR c.breached_at IS NOT NULL
         THEN jsonb_build_object(%(warning)s::text, jsonb_build_array(c.arming, 0)) ELSE '{}' END
    || CASE WHEN c.breached_at IS NULL THEN '{}'
            ELSE jsonb_build_object(CASE WHEN c.severity = 1 THEN %(gravest)s ELSE %(others)s END::text, '[1, 0]'::jsonb) END
 WHERE c.policy_id = %(policy)s AND (c.warned_at IS NOT NULL OR c.breached_at IS NOT NULL)
"""
FIRINGS = """
UPDATE sla_firing AS f SET stage_id =
    CASE WHEN f.was = 'warn' THEN %(warning)s WHEN c.severity = 1 THEN %(gravest)s ELSE %(others)s END
  FROM sla_clock AS c WHERE c.id = f.clock_id AND c.policy_id = %(policy)s
"""


def fill(apps, schema_editor):
    Policy, Stage, Target = (apps.get_model("sla", name) for name in ("Policy", "Stage", "Target"))
    with schema_editor.connection.cursor() as cursor:
        for policy in Policy.objects.all():
            made = [
                Stage.objects.create(policy=policy, position=position, **fields)
                for position, fields in enumerate(
                    [
                        {"percent": policy.warn_percent},
                        {"percent": 100, "severities": [1], "actions": [{"do": "notify_manager"}]},
                        {"percent": 100, "severities": [2, 3, 4], "actions": [{"do": "notify_assignee"}]},
                    ]
                )
            ]
            names = dict(zip(("warning", "gravest", "others"), [stage.pk for stage in made]), policy=policy.pk)
            cursor.execute(FIRED, names)
            cursor.execute(FIRINGS, names)
    # "3wd" meant three times eight hours: where every day has eight, working days say the same and are said so.
    for target in Target.objects.select_related("calendar").filter(seconds__gte=2 * EIGHT_HOURS):
        if target.seconds % EIGHT_HOURS == 0 and days_of_eight_hours(target.calendar):
            target.days, target.seconds = target.seconds // EIGHT_HOURS, None
            target.save()


def days_of_eight_hours(calendar):
    days = [*calendar.hours.values(), *calendar.overrides.values()]
    return bool(days) and all(sum(minutes(*window) for window in day) in (0, 480) for day in days)


def minutes(opens, closes):
    first, last = (int(text[:2]) * 60 + int(text[3:5]) for text in (opens, closes))
    return last - first if last > first else last - first + 1440


class Migration(migrations.Migration):
    dependencies = [("sla", "0005_options_contracts_and_stages")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
