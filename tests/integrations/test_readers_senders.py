"""What each sender posts, read as its documentation means it; and what is none of its, refused with a reason."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.reading import Reading, Unreadable, load
from integrations.sources import KINDS
from integrations.sources.fields import Fields, tags

# kind, body → key, status, severity, title
SAID = {
    "grafana/firing": ("b7a1d5e3c0f29846", "firing", "warning", "Checkout takes longer than 2 s"),
    "grafana/resolved": ("b7a1d5e3c0f29846", "resolved", "warning", "Checkout takes longer than 2 s"),
    "grafana/legacy_alerting": ("rule:31", "firing", "warning", "Checkout is slow"),
    "grafana/legacy_ok": ("rule:31", "resolved", "warning", "Checkout is slow"),
    "grafana/legacy_no_data": ("rule:31", "no_data", "warning", "Checkout is slow"),
    "datadog/firing": ("cycle:4812345678901234567", "firing", "error", "Checkout error rate is high"),
    "datadog/resolved": ("cycle:4812345678901234567", "resolved", "error", "Checkout error rate is high"),
    "datadog/no_data": ("cycle:4812345678901234567", "no_data", "error", "Checkout error rate is high"),
    "datadog/unrendered": ("", "firing", None, ""),
    "newrelic/firing": (
        "issue:5d3c6a40-98b1-4a51-9a53-0b6b0b3b7a11", "firing", "critical",
        "Error rate of Checkout is above 5 % for 5 minutes",
    ),
    "newrelic/acknowledged": (
        "issue:5d3c6a40-98b1-4a51-9a53-0b6b0b3b7a11", "acknowledged", "critical",
        "Error rate of Checkout is above 5 % for 5 minutes",
    ),
    "newrelic/classic_open": ("incident:771", "firing", "warning", "Apdex of Checkout is low"),
    "newrelic/classic_closed": ("incident:771", "resolved", "warning", "Apdex of Checkout is low"),
    "newrelic/classic_unrendered": ("", "acknowledged", None, ""),
    "zabbix/firing": ("trigger:18042", "firing", "critical", "Checkout does not answer"),
    "zabbix/resolved": ("trigger:18042", "resolved", "critical", "Checkout does not answer"),
    "zabbix/acknowledged": ("trigger:18042", "acknowledged", "critical", "Checkout does not answer"),
    "zabbix/unrendered": ("", "firing", None, ""),
    "sentry/firing": ("issue:4100200300", "firing", "error", "PaymentError: card processor timed out"),
    "sentry/archived": ("issue:4100200300", "suppressed", "error", "PaymentError: card processor timed out"),
    "sentry/assigned": ("issue:4100200300", "acknowledged", "error", "PaymentError: card processor timed out"),
    "sentry/event_alert": ("issue:4100200300", "firing", "critical", "PaymentError: card processor timed out"),
    "sentry/metric_critical": ("metric_alert:8801", "firing", "critical", "Many failed payments"),
    "sentry/metric_resolved": ("metric_alert:8801", "resolved", None, "Many failed payments"),
    "uptime_kuma/firing": ("monitor:12", "firing", None, "Checkout"),
    "uptime_kuma/resolved": ("monitor:12", "resolved", None, "Checkout"),
    "uptime_kuma/note": (
        "", "ignored", None, "[Checkout][https://shop.example] server certificate will expire in 7 days",
    ),
    "cloudwatch_sns/firing": (
        "arn:aws:cloudwatch:eu-central-1:000000000000:alarm:checkout-5xx", "firing", None, "checkout-5xx",
    ),
    "cloudwatch_sns/insufficient_data": (
        "arn:aws:cloudwatch:eu-central-1:000000000000:alarm:checkout-5xx", "insufficient_data", None, "checkout-5xx",
    ),
    "cloudwatch_sns/subscription": (
        "", "subscription_confirmation", None, "arn:aws:sns:eu-central-1:000000000000:desk",
    ),
    "azure_monitor/metric_activated": (
        "/subscriptions/demo/resourceGroups/shop/providers/microsoft.insights/metricAlerts/Disk",
        "firing", "warning", "Disk",
    ),
    "azure_monitor/metric_deactivated": (
        "/subscriptions/demo/resourceGroups/shop/providers/microsoft.insights/metricAlerts/Disk",
        "resolved", "warning", "Disk",
    ),
    "azure_monitor/log_alert": ("rule:Many errors in the log", "firing", "info", "Many errors in the log"),
    "azure_monitor/service_health": (
        "b1b1b1b1-0000-4000-8000-000000000001", "resolved", "warning", "Storage in one region",
    ),
    "gcp_monitoring/pubsub": (
        "incident:0.mdemo00000001", "firing", "error",
        "Error rate of checkout is above the threshold of 5 with a value of 7.4.",
    ),
    "pingdom/firing": ("check:440011", "firing", "critical", "Shop checkout"),
    "pingdom/transaction_failing": ("check:440011", "firing", "warning", "Shop checkout"),
    "statuscake/resolved": ("test:6600123", "resolved", None, "Shop checkout"),
    "uptimerobot/resolved": ("monitor:790000001", "resolved", None, "Shop checkout"),
    "uptimerobot/certificate": ("monitor:790000001:certificate", "firing", "warning", "Shop checkout"),
    "healthchecks/whole_check": ("7a0f6c1e-0000-4000-8000-000000000001", "pending", None, "Nightly invoices"),
    "pagerduty/firing": ("checkout/5xx", "firing", "critical", "Checkout answers 5xx"),
    "pagerduty/acknowledge": ("checkout/5xx", "acknowledged", None, ""),
    "pagerduty/change": ("", "change_event", None, "Shop 4.2 is out"),
    "pagerduty/version1": ("disk/db-1", "firing", None, "The disk of db-1 is full"),
    "opsgenie/firing": ("alias:checkout/5xx", "firing", "critical", "Checkout answers 5xx"),
}  # fmt: skip
LINKS = {
    "grafana/firing": "https://graphs.example/d/checkout?orgId=1&viewPanel=4",
    "grafana/relative_address": "https://graphs.example/?orgId=1",
    "zabbix/firing": "https://zabbix.example/tr_events.php?triggerid=18042&eventid=5120",
    "newrelic/classic_open": "https://incidents.example/accounts/1/incidents/771",
    "pagerduty/firing": "https://watcher.example/checks/5xx",
    "pagerduty/change": "https://builds.example/1042",
    "pingdom/firing": "https://shop.example/checkout",
    "azure_monitor/log_alert": "https://portal.azure.example/#search",
    "opsgenie/firing": "",
}
BODIES = {f"{kind.name}/{name}": raw for kind in KINDS.values() for name, raw in kind.payloads.items()}


def read(kind: str, body: object, **headers: str) -> Reading:
    return KINDS[kind].read(body, headers, None)[0]


def example(kind: str, name: str = "firing", **changes: Any) -> dict[str, Any]:
    body = load(KINDS[kind].payloads[name])
    assert isinstance(body, dict)
    return body | changes


@pytest.mark.parametrize("name", SAID)
def test_it_reads_what_the_sender_said(name: str) -> None:
    kind = name.partition("/")[0]
    one = read(kind, load(BODIES[name]))
    assert (one.key, one.status, one.severity, one.title) == SAID[name]


@pytest.mark.parametrize("name", LINKS)
def test_it_finds_the_page_to_open(name: str) -> None:
    assert read(name.partition("/")[0], load(BODIES[name])).link == LINKS[name]


def test_it_reads_what_an_opsgenie_path_says_of_an_alert() -> None:
    path = "v2/alerts/checkout%2F5xx/close?identifierType=alias"
    one = read("opsgenie", example("opsgenie", "close"), path=path)
    assert (one.key, one.status, one.title) == ("alias:checkout/5xx", "resolved", "It answers again")
    assert read("opsgenie", {}, path="v2/alerts/x/acknowledge?identifierType=alias").status == "acknowledged"
    assert read("opsgenie", {}, path="v2/alerts/x/notes").status == "update"
    assert read("opsgenie", {}, path="v2/alerts/%7B%7Balias%7D%7D/close").key == ""


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"alert_transition": "Re-Triggered"}, "firing"),
        ({"alert_transition": "Warn"}, "firing"),
        ({"alert_transition": "Re-No Data"}, "no_data"),
        ({"alert_transition": "$ALERT_TRANSITION", "alert_title": "[Recovered] X"}, "resolved"),
        ({"alert_transition": "", "alert_title": "X", "alert_type": "success"}, "resolved"),
    ],
)
def test_it_knows_datadogs_transitions(change: dict[str, str], status: str) -> None:
    assert read("datadog", example("datadog") | change).status == status


@pytest.mark.parametrize(
    ("kind", "change", "status"),
    [
        ("uptimerobot", {"alertType": "1", "alertTypeFriendlyName": "Up"}, "resolved"),
        ("uptimerobot", {"alertType": "2", "alertTypeFriendlyName": "*alertTypeFriendlyName*"}, "resolved"),
        ("uptimerobot", {"alertType": "99", "alertTypeFriendlyName": "Started"}, "update"),
        ("uptimerobot", {"alertType": "98", "alertTypeFriendlyName": "Paused"}, "suppressed"),
        ("zabbix", {"event_value": "{EVENT.VALUE}", "status": "0"}, "resolved"),
        ("zabbix", {"event_value": "", "status": "RESOLVED"}, "resolved"),
        ("zabbix", {"event_update_status": "1", "event_update_action": "commented"}, "update"),
        ("newrelic", {"trigger": "INCIDENT_ADDED"}, "firing"),
        ("newrelic", {"state": "CREATED"}, "firing"),
        ("newrelic", {"state": "CLOSED", "trigger": "ISSUE_ACKNOWLEDGED"}, "resolved"),
        ("pingdom", {"current_state": "UNKNOWN"}, "no_data"),
        ("pingdom", {"current_state": "SUCCESS"}, "resolved"),
        ("healthchecks", {"status": "paused"}, "suppressed"),
        ("sentry", {"action": "ignored"}, "suppressed"),
        ("sentry", {"action": "unassigned"}, "update"),
        ("uptime_kuma", {"heartbeat": {"status": 2}}, "pending"),
        ("uptime_kuma", {"heartbeat": {"status": 3}}, "maintenance"),
    ],
)
def test_it_knows_each_senders_states(kind: str, change: dict[str, Any], status: str) -> None:
    assert read(kind, example(kind) | change).status == status


def test_it_tells_the_hosts_of_one_datadog_monitor_apart_without_a_cycle() -> None:
    one, two = (
        read("datadog", example("datadog", alert_cycle_key="$ALERT_CYCLE_KEY", alert_scope=f"host:web-{n}"))
        for n in (1, 2)
    )
    assert one.key != two.key and one.key.startswith("alert:90210:")


def test_it_takes_no_recovery_of_an_operation_in_azure_for_one_of_an_alert() -> None:
    body = example("azure_monitor", "service_health")
    body["data"]["context"]["activityLog"] |= {"status": "Succeeded", "properties": {}}
    assert read("azure_monitor", body).status == "firing"


def test_it_reads_a_raw_alarm_and_one_by_way_of_eventbridge() -> None:
    alarm = json.loads(example("cloudwatch_sns")["Message"])
    assert read("cloudwatch_sns", alarm).key == alarm["AlarmArn"]
    event = {"detail-type": "x", "resources": ["arn:a"], "detail": {"alarmName": "n", "state": {"value": "OK"}}}
    wrapped = example("cloudwatch_sns", Message=json.dumps(event))
    assert (read("cloudwatch_sns", wrapped).key, read("cloudwatch_sns", wrapped).status) == ("arn:a", "resolved")
    plain = read("cloudwatch_sns", example("cloudwatch_sns", Message="Look!", Subject="Hello"))
    assert (plain.key, plain.title, plain.status) == ("", "Hello", "firing")


def test_it_reads_forms_as_it_reads_json() -> None:
    for kind in ("statuscake", "uptimerobot", "pingdom"):
        flat = {name: value for name, value in example(kind).items() if not isinstance(value, dict | list)}
        form = load(urlencode(flat).encode())
        assert (read(kind, form).key, read(kind, form).status) == (read(kind, flat).key, "firing")
    assert load(b"payload=%7B%22a%22%3A1%7D") == {"a": 1}


def damaged(raw: bytes) -> Iterator[bytes]:
    """A body as it comes through broken pipes and hands."""
    yield from (
        raw[: len(raw) // 2],
        raw[:-1],
        raw + raw,
        raw[::-1],
        b"[" + raw + b"]",
        json.dumps(raw.decode()).encode(),
    )
    yield raw.replace(b'"', b"'")
    yield raw.replace(b":", b": [{", 3)


@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_or_refuses_the_bodies_of_every_other_sender_whole_and_damaged(kind: str) -> None:
    read_it = KINDS[kind].read
    for raw in BODIES.values():
        for body in (raw, *damaged(raw)):
            try:
                found = read_it(load(body), {}, None)
            except Unreadable as refusal:
                assert refusal.reason.endswith((".", "body")), refusal.reason
                continue
            assert all("$" not in one.key and "{EVENT" not in one.key and len(one.key) <= 255 for one in found)


def leaves(value: Any, new: str) -> Any:
    """The same shape with every text and number replaced."""
    if isinstance(value, dict):
        return {name: leaves(item, new) for name, item in value.items()}
    return [leaves(item, new) for item in value] if isinstance(value, list) else new


@pytest.mark.parametrize("variable", ["$ALERT_ID", "{EVENT.VALUE}", "{{ id }}", "${x}", "*monitorID*"])
@pytest.mark.parametrize("name", [name for name in BODIES if name.endswith("/firing")])
def test_it_never_makes_a_key_of_a_variable_that_was_not_filled_in(name: str, variable: str) -> None:
    kind = name.partition("/")[0]
    try:
        found = KINDS[kind].read(leaves(load(BODIES[name]), variable), {}, None)
    except Unreadable:
        return
    assert all(one.key == "" or one.key.startswith(("labels:", "sha256:")) for one in found)


@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_a_hundred_of_five_thousand_labels(kind: str) -> None:
    many = {f"label-{n}": "x" * 50 for n in range(5_000)}
    body = example(kind) | {"tags": many, "labels": many, "details": many, "customProperties": many}
    body["alerts"] = [example(kind), *body.get("alerts", [])][-1:] if "alerts" in body else None
    body = {name: value for name, value in body.items() if value is not None}
    assert all(len(one.labels) <= 220 for one in KINDS[kind].read(body, {}, None))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(BODIES)), st.data())
def test_it_reads_or_refuses_a_body_of_the_right_names_and_wrong_types(name: str, data: st.DataObject) -> None:
    body = load(BODIES[name])
    for path in data.draw(st.lists(st.sampled_from(list(paths(body))), min_size=1, max_size=4)):
        put(body, path, data.draw(anything))
    for kind, headers in product((name.partition("/")[0], "generic"), ({}, {"path": "v2/alerts/a/close"})):
        try:
            found = KINDS[kind].read(body, headers, None)
        except Unreadable:
            continue
        assert all(len(one.key) <= 255 and len(one.title) <= 250 and "\n" not in one.title for one in found)


def paths(value: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*so_far, name)
        yield from paths(item, (*so_far, name))


def put(body: Any, path: tuple[Any, ...], value: Any) -> None:
    """Replace what is at a path, if it is still there."""
    for name in path[:-1]:
        body = body.get(name) if isinstance(body, dict) else None
    if isinstance(body, dict):
        body[path[-1]] = value


def test_it_finds_a_member_however_it_is_spelled() -> None:
    for name in ("alert_id", "alertId", "ALERT-ID", "Alert Id"):
        assert Fields({name: 7}).key("alert:", "alertid") == "alert:7"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("env:demo, shop", {"env": "demo", "tags": "shop"}),
        (["a:b:c", "d"], {"a": "b:c", "tags": "d"}),
        ([["browser", "Demo 1"]], {"browser": "Demo 1"}),
        ([{"tag": "component", "value": "x"}], {"component": "x"}),
        ({"a": 1}, {"a": "1"}),
        (7, {}),
        (None, {}),
    ],
)
def test_it_understands_the_ways_of_writing_tags(written: object, meant: dict[str, str]) -> None:
    assert tags(written) == meant
