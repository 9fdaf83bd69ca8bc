"""Amazon CloudWatch alarms through SNS, as its HTTPS subscriptions post them (JSON as text/plain).

Formats: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html; the alarm is JSON in the text
`Message`, or the whole body where raw delivery is on. INSUFFICIENT_DATA is no recovery.
"""

from collections.abc import Mapping
from typing import Any

from integrations import values
from integrations.reading import (
    FIRING,
    INSUFFICIENT_DATA,
    RESOLVED,
    SUBSCRIPTION,
    Reading,
    Unreadable,
)
from integrations.sources.fields import Fields, inner_json, reading

TITLE = "Amazon CloudWatch (SNS)"

_STATES = {"ALARM": FIRING, "OK": RESOLVED, "INSUFFICIENT_DATA": INSUFFICIENT_DATA}


def read(body: object, headers: Mapping[str, str], config: Mapping[str, Any] | None = None) -> list[Reading]:
    """The one alarm, message or subscription of a body. `config` is not used. Raises Unreadable."""
    fields = Fields(body)
    kind, topic = fields.line("type"), fields.line("topicarn")
    if kind.endswith("Confirmation"):
        links = {"source": fields.link("subscribeurl")}
        return [reading(key="", status=SUBSCRIPTION, title=topic, links=links, raw=fields.raw)]
    written = fields.get("message")
    inner = Fields(inner_json(written)) if isinstance(written, str) else fields.part("message") or fields
    if inner.has("newstatevalue", "alarmname"):
        return [_alarm(inner, topic)]
    if inner.part("detail", "state") and inner.part("detail").has("alarmname"):
        return [_event(inner)]
    if not (kind == "Notification" or topic):
        raise Unreadable("This is neither a message of SNS (Type, TopicArn, Message) nor a CloudWatch alarm.")
    return [_other(fields, inner, topic)]


def _alarm(alarm: Fields, topic: str) -> Reading:
    name = alarm.line("alarmname")
    arn = alarm.key("", "alarmarn")
    trigger = alarm.part("trigger")
    dimensions = {one.line("name"): one.get("value") for one in trigger.parts("dimensions")}
    own = {"account": alarm.line("awsaccountid"), "region": alarm.line("region"), "metric": trigger.line("metricname")}
    return reading(
        key=arn or values.key(f"{topic}:{name}" if topic and name else name),
        status=_STATES.get(alarm.line("newstatevalue").upper(), FIRING),
        title=name,
        links={},
        labels=values.labels(dimensions | own),
        description="\n\n".join(filter(None, (alarm.text("alarmdescription"), alarm.text("newstatereason")))),
        source_time=alarm.time("statechangetime"),
        raw=alarm.raw,
    )


def _event(event: Fields) -> Reading:
    """The same alarm by way of EventBridge."""
    detail, resources = event.part("detail"), event.get("resources")
    arn = values.key(resources[0]) if isinstance(resources, list) and resources else ""
    state = detail.part("state")
    return reading(
        key=arn or detail.key("", "alarmname"),
        status=_STATES.get(state.line("value").upper(), FIRING),
        title=detail.line("alarmname"),
        links={},
        labels=values.labels({"account": event.line("account"), "region": event.line("region")}),
        description=state.text("reason"),
        source_time=state.time("timestamp") or event.time("time"),
        raw=event.raw,
    )


def _other(fields: Fields, inner: Fields, topic: str) -> Reading:
    """Whatever else is published to the topic: somebody should look, and nothing can resolve it but a person."""
    said = inner.line("title", "subject", "summary", "detailtype")
    return reading(
        key="",
        title=fields.line("subject") or said or fields.line("message"),
        links={},
        labels=values.labels({"topic": topic}),
        description=fields.text("message"),
        source_time=fields.time("timestamp"),
        raw=fields.raw,
    )
