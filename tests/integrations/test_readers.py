"""Bodies that monitoring tools post, and bodies that nobody should: each is read, or refused with a reason."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations import values
from integrations.reading import CHANGE_EVENT, SUBSCRIPTION, Reading, Unreadable, load
from integrations.sources import KINDS
from integrations.sources.generic.read import problems

STATUSES = {*values.STATUSES, CHANGE_EVENT, SUBSCRIPTION}
ALERTMANAGER, GENERIC = KINDS["alertmanager"], KINDS["generic"]


def read(kind: str, name: str, config: Mapping[str, Any] | None = None) -> list[Reading]:
    return KINDS[kind].read(load(KINDS[kind].payloads[name]), {}, config)


def generic(config: Mapping[str, Any] | None = None, **body: Any) -> Reading:
    return GENERIC.read(body, {}, config)[0]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_it_comes_with_a_title_a_page_of_advice_and_two_examples_of_one_alert(kind: Any) -> None:
    assert kind.title and "{url}" in kind.doc
    firing, resolved = (kind.read(load(kind.payloads[name]), {}, None)[0] for name in ("firing", "resolved"))
    assert (firing.status, resolved.status) == ("firing", "resolved") and firing.key == resolved.key != ""


class TestAlertmanager:
    def test_it_reads_everything_that_an_alert_tells(self) -> None:
        [alert] = read("alertmanager", "firing")
        assert (alert.key, alert.status, alert.severity) == ("5d1f0c7ab9e24a31", "firing", "critical")
        assert alert.title == "Checkout answers 5xx on more than 5 % of requests"
        assert alert.link == "https://prometheus.example/graph?g0.expr=checkout%3Aerrors&g0.tab=1"
        assert alert.links["runbook"] == "https://wiki.example/runbooks/checkout-5xx"
        assert alert.links["dashboard"] == "https://graphs.example/d/checkout"
        assert alert.labels["component"] == "checkout" and alert.description.startswith("7.4 %")
        assert alert.source_time == datetime(2026, 3, 2, 8, 14, 30, 512_000, UTC)
        assert alert.group_key == '{}:{alertname="CheckoutErrorRateHigh"}'

    def test_it_believes_each_alert_rather_than_the_envelope(self) -> None:
        first, second = read("alertmanager", "one_of_two_resolved")
        assert (first.status, second.status) == ("firing", "resolved")
        assert second.source_time == datetime(2026, 3, 2, 8, 41, 2, 1000, UTC)

    def test_it_makes_a_stable_key_of_the_labels_when_there_is_no_fingerprint(self) -> None:
        [alert] = read("alertmanager", "version3_without_fingerprint")
        body = load(ALERTMANAGER.payloads["version3_without_fingerprint"])
        assert isinstance(body, dict)
        body["alerts"][0]["labels"] = dict(reversed(body["alerts"][0]["labels"].items()))
        assert alert.key.startswith("labels:") and ALERTMANAGER.read(body, {}, None)[0].key == alert.key
        body["alerts"][0]["labels"]["instance"] = "web-9"
        assert ALERTMANAGER.read(body, {}, None)[0].key != alert.key
        assert alert.group_key == "7281930451823"

    def test_it_reads_the_first_version_of_the_format(self) -> None:
        [alert] = read("alertmanager", "version1")
        assert (alert.status, alert.severity, alert.title) == ("resolved", "warning", "Disk of db-1 is 91 % full")
        assert alert.link == "https://prometheus.example/graph"

    @pytest.mark.parametrize(
        "body", [None, 7, "alerts", [], [{"labels": {}}], {}, {"alerts": "x"}, {"alerts": [1, None, "a"]}]
    )
    def test_it_says_why_a_body_is_not_alertmanagers(self, body: object) -> None:
        with pytest.raises(Unreadable, match=r"\.$"):
            ALERTMANAGER.read(body, {}, None)

    def test_it_takes_no_dangerous_address_as_a_link(self) -> None:
        alert = {
            "generatorURL": "javascript:alert(1)",
            "annotations": {"runbook_url": "data:text/html,x", "dashboard": 'http://x"onload='},
        }
        assert ALERTMANAGER.read({"alerts": [alert], "externalURL": "ftp://x"}, {}, None)[0].links == {}


class TestGeneric:
    def test_it_finds_fields_by_their_usual_names(self) -> None:
        [alert] = read("generic", "firing")
        assert (alert.key, alert.status, alert.severity) == ("shop-checkout-5xx", "firing", "error")
        assert alert.title == "Checkout fails for some customers" and alert.link == "https://graphs.example/d/checkout"
        assert alert.labels["site"] == "shop.example" and alert.source_time == datetime(
            2026, 3, 2, 8, 14, 30, tzinfo=UTC
        )

    def test_it_reads_a_list_and_a_list_named_alerts(self) -> None:
        two = [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}, 3]
        assert [alert.key for alert in GENERIC.read(two, {}, None)] == ["1", "2"]
        assert [alert.key for alert in GENERIC.read({"alerts": two}, {}, None)] == ["1", "2"]

    def test_it_looks_into_the_object_that_holds_the_alert(self) -> None:
        alert = generic(event_action="resolve", dedup_key="k", payload={"summary": "Slow", "severity": "warning"})
        assert (alert.key, alert.status, alert.title, alert.severity) == ("k", "resolved", "Slow", "warning")

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"ok": True}, "resolved"),
            ({"ok": False}, "firing"),
            ({"down": True}, "firing"),
            ({"isUp": True}, "resolved"),
            ({"state": "OK"}, "resolved"),
            ({"status": "Not resolved"}, "firing"),
            ({"status": "banana"}, "firing"),
            ({"status": 503}, "firing"),
            ({"event_type": "INCIDENT_ACKNOWLEDGED"}, "acknowledged"),
            ({"state": "no_data"}, "no_data"),
            ({"transition": "[Recovered]"}, "resolved"),
            ({"state": "maintenance"}, "maintenance"),
            ({"status": "success", "state": "alerting"}, "resolved"),
            ({"status": ["x"], "state": "ok"}, "resolved"),
        ],
    )
    def test_it_understands_what_senders_call_a_status(self, body: dict[str, Any], status: str) -> None:
        assert generic(title="t", **body).status == status

    @pytest.mark.parametrize(
        ("body", "severity"),
        [
            ({"severity": "CRITICAL"}, "critical"),
            ({"level": "warn"}, "warning"),
            ({"priority": 1}, "critical"),
            ({"priority": "P3"}, "warning"),
            ({"severity": "none"}, None),
            ({"severity": {}}, None),
            ({"severity": "$SEVERITY"}, None),
            ({}, None),
        ],
    )
    def test_it_understands_what_senders_call_a_severity(self, body: dict[str, Any], severity: str | None) -> None:
        assert generic(title="t", **body).severity == severity

    @pytest.mark.parametrize(
        "key",
        [
            "$ALERT_ID",
            "$id",
            "{EVENT.ID}",
            "{{ alert.id }}",
            "{{alert.id}}-{{host}}",
            "${alertId}",
            "%MONITOR%",
            "host-$ALERT_ID",
            "{$MACRO}",
            "{#FSNAME}",
            "<no value>",
            "",
            "   ",
            "null",
            None,
            [],
            {},
            True,
            "None",
        ],
    )
    def test_it_never_takes_an_unfilled_variable_as_a_key(self, key: object) -> None:
        assert generic(title="t", alert_id=key).key == ""

    @pytest.mark.parametrize(
        "key",
        [
            "arn:aws:lambda:eu-west-1:1:function:f:$LATEST",
            "{5398178f-6e2c-4a46}",
            "a%20b%20c",
            "price>$5",
            "{}:{}",
            "0",
        ],
    )
    def test_it_keeps_keys_that_only_look_like_variables(self, key: str) -> None:
        assert generic(title="t", alert_id=key).key == key

    def test_it_shortens_a_key_too_long_for_an_index_without_mixing_two(self) -> None:
        long, other = (generic(title="t", key="k" * 6000 + end).key for end in "ab")
        assert len(long) < 256 and long != other

    def test_it_cuts_a_title_to_one_line_and_keeps_the_text(self) -> None:
        alert = generic(message="\n  Disk\tfull \nmore " + "x" * 400)
        assert alert.title == "Disk full" and alert.description.endswith("xxx")

    def test_it_follows_a_mapping(self) -> None:
        config = {
            "key": "event.check",
            "title": "join(': ', result.words)",
            "status": "to_string(result.code)",
            "status_map": {"0": "resolved", "3": "firing"},
            "link": "report",
            "time": "result.seen",
        }
        assert problems(config) == []
        [alert] = read("generic", "nested", config)
        assert (alert.key, alert.title, alert.link) == (
            "portal-login",
            "Login page: answers slowly",
            "https://probes.example/r/991",
        )
        assert alert.status == "firing" and alert.source_time == datetime(2026, 3, 2, 8, 14, 30, tzinfo=UTC)

    def test_it_reads_the_list_that_a_mapping_names(self) -> None:
        alerts = GENERIC.read(
            {"rows": [{"n": 1, "title": "a"}, {"n": 2, "title": "b"}]}, {}, {"alerts": "rows[?n > `1`]", "key": "n"}
        )
        assert [alert.key for alert in alerts] == ["2"]

    @pytest.mark.parametrize(
        ("config", "field"),
        [
            ({"key": "a..b"}, "key"),
            ({"key": 7}, "key"),
            ({"key": "a" * 2000}, "key"),
            ({"nonsense": "a"}, "nonsense"),
            ({"status_map": {"1": "broken"}}, "status_map"),
            ({"status_map": []}, "status_map"),
            ({"severity_map": {"x": ["info"]}}, "severity_map"),
            ([], "mapping"),
            ({"title": "nofunction(a)", "key": "("}, "key"),
        ],
    )
    def test_it_names_what_is_wrong_with_a_mapping(self, config: Any, field: str) -> None:
        assert field in [name for name, _ in problems(config)]

    @pytest.mark.parametrize(
        "config",
        [
            {"key": "a..b"},
            {"title": "sum(@)"},
            {"key": "nofunction(a)"},
            {"alerts": "sort_by(@, &a)"},
            {"key": ["a"]},
            {"key": "(" * 900},
        ],
    )
    def test_it_refuses_a_body_that_its_mapping_does_not_fit(self, config: dict[str, Any]) -> None:
        with pytest.raises(Unreadable, match="mapping"):
            GENERIC.read({"a": 1, "title": "t"}, {}, config)

    @pytest.mark.parametrize("body", [None, 7, "text", True, [], {}, [1, 2], {"alerts": []}, {"weather": "fine"}])
    def test_it_says_why_a_body_holds_no_alert(self, body: object) -> None:
        with pytest.raises(Unreadable, match=r"\.$"):
            GENERIC.read(body, {}, None)


class TestLoading:
    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            (b"", "empty"),
            (b" \r\n\x00", "empty"),
            (b"not json", "not JSON"),
            (b'{"a": NaN}', "NaN"),
            (b"[-Infinity]", "Infinity"),
            (b"[1e999]", "too large"),
            (b"[" * 20_000 + b"]" * 20_000, "nested"),
            (b'{"a":' * 20_000, "nested"),
            (b"[" + b"9" * 5000 + b"]", "not JSON"),
            (b'"unfinished', "not JSON"),
            (b"\xff\xfe\x00\x01", "not JSON"),
            (b'{"a": 1} extra', "not JSON"),
            (b'"' + b'\\"' * 1_000_000, "not JSON"),
            (b"[" * 101 + b"]" * 101, "nested"),
        ],
    )
    def test_it_says_why_a_body_cannot_be_loaded(self, raw: bytes, reason: str) -> None:
        begun = process_time()
        with pytest.raises(Unreadable, match=reason):
            load(raw)
        assert process_time() - begun < 1

    def test_it_refuses_more_than_it_was_told_to_read(self) -> None:
        with pytest.raises(Unreadable, match="11 bytes"):
            load(b'"123456789"', max_bytes=10)

    def test_it_reads_ten_megabytes_of_text_and_of_brackets_in_time(self) -> None:
        begun = process_time()
        assert len(str(load(b'"' + b"[" * 10_000_000 + b'"'))) == 10_000_000
        assert load(b"[" + b"[]," * 1_000_000 + b"[]]")
        assert process_time() - begun < 4

    def test_it_cleans_what_no_database_stores(self) -> None:
        assert load(b'{"a\\u0000": ["x\\u0000y", "\\ud800", "\\ud83d\\ude00", {"b": "\\udc00"}]}') == {
            "a": ["xy", "\ufffd", "😀", {"b": "\ufffd"}]
        }
        assert load(b'["raw \x00 nul", "caf\xe9"]') == ["raw  nul", "caf\ufffd"]

    def test_it_reads_other_unicode_encodings(self) -> None:
        assert load('\ufeff{"a": "ü"}'.encode()) == load('{"a": "ü"}'.encode("utf-16")) == {"a": "ü"}

    def test_it_allows_a_hundred_levels(self) -> None:
        assert load(b"[" * 100 + b"]" * 100)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = ["status", "state", "severity", "priority", "title", "message", "key", "fingerprint", "link", "time", "labels"]
FIELDS += ["annotations", "alerts", "startsAt", "endsAt", "generatorURL", "commonLabels", "groupKey", "payload", "ok"]
bodies = st.recursive(
    json_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(
    bodies,
    st.none()
    | st.dictionaries(
        st.sampled_from(["key", "title", "status", "status_map", "alerts"]),
        json_values | st.sampled_from(["id", "@", "alerts[*]"]),
    ),
)
def test_it_reads_or_refuses_whatever_comes(body: object, config: dict[str, Any] | None) -> None:
    for kind in KINDS.values():
        try:
            found = kind.read(body, {}, config)
        except Unreadable as refusal:
            assert refusal.reason
            continue
        for alert in found:
            assert (
                alert.status in STATUSES
                and len(alert.key) <= 255
                and len(alert.title) <= 250
                and "\n" not in alert.title
            )
            assert all(link.lower().startswith(("http://", "https://")) for link in alert.links.values())
            assert "\x00" not in json.dumps([alert.title, alert.description, dict(alert.labels)], ensure_ascii=False)


@given(st.binary(max_size=200))
def test_it_loads_or_refuses_any_bytes(raw: bytes) -> None:
    try:
        load(raw)
    except Unreadable as refusal:
        assert refusal.reason
