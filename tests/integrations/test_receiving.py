"""The door of alerts: whatever is sent gets a 2xx or a 4xx with a reason, and what was taken is in the log."""

import io

import pytest
from django.test import RequestFactory

from integrations import inbound
from integrations.models import Inbound, Source, State
from integrations.sources import KINDS
from integrations.tasks import interpret_pending
from integrations.views.receive import receive
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

HOSTILE = {
    "array root": b"[1, 2, 3]",
    "null": b"null",
    "number": b"7",
    "empty": b"",
    "deep lists": b"[" * 20_000 + b"]" * 20_000,
    "deep objects": b'{"alerts":' * 20_000 + b"1" + b"}" * 20_000,
    "raw nul": b'{"alerts": [{"labels": {"alertname": "a\x00b"}}]}',
    "escaped nul": b'{"alerts": [{"labels": {"alertname": "a\\u0000b"}, "fingerprint": "x\\u0000"}]}',
    "lone surrogate": b'{"alerts": [{"labels": {"alertname": "\\ud800"}, "annotations": {"summary": "\\udfff"}}]}',
    "not a number": b'{"alerts": [{"labels": {"n": NaN}}]}',
    "infinity": b'{"alerts": [{"labels": {"n": -Infinity}}]}',
    "huge number": b'{"alerts": [{"labels": {"n": 1' + b"0" * 5000 + b"}}]}",
    "not json": b"<xml>down</xml>",
    "not utf-8": b"\xff\xfe\x00\xd8\x00",
    "ten megabytes": b'{"alerts": [{"annotations": {"summary": "' + b"x" * (10 * 1024 * 1024 - 60) + b'"}}]}',
    "wrong types": b'{"alerts": {"a": 1}}',
    "alerts of wrong types": b'{"alerts": [null, 1, "x", [], {"labels": 7, "annotations": [], "status": {}}]}',
    "long strings": b'{"alerts": [{"fingerprint": "%s", "title": "%s"}]}' % (b"k" * 9000, b"y" * 9000),
    "form": b"a=1&b=2",
}


@pytest.fixture(params=["alertmanager", "generic"])
def source(shop, request):
    return Source(name="Watcher", kind=request.param, site=shop)


@pytest.fixture
def url(source):
    token = source.new_token()
    source.save()
    return f"/api/v1/sources/{token}"


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=a", "", "x" * 300])
def test_the_content_type_does_not_matter(client, url, source, content_type):
    answer = client.generic("POST", url, KINDS[source.kind].payloads["firing"], content_type=content_type)
    assert answer.status_code == 202 and interpret_pending() == 1 and Ticket.objects.count() == 1


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_it_takes_any_body_and_keeps_it_as_it_came(client, url, body):
    answer = client.generic("POST", url, body, content_type="application/json")
    assert answer.status_code == 202
    row = Inbound.objects.get(receipt=answer.json()["receipt"])
    assert bytes(row.raw) == body
    assert interpret_pending() == 1
    row.refresh_from_db()
    assert row.state == State.DONE or (row.state in (State.FAILED, State.IGNORED) and row.reason)
    assert "Error" not in row.reason


def test_a_firing_body_becomes_a_ticket_after_the_answer(client, url, source):
    answer = client.post(url, KINDS[source.kind].payloads["firing"], content_type="application/json")
    assert Ticket.objects.count() == 0
    interpret_pending()
    row = Inbound.objects.get(receipt=answer.json()["receipt"])
    assert row.ticket == Ticket.objects.get() and row.state == State.DONE


@pytest.mark.parametrize("tail", ["/", "/alertmanager/hook", "/%00%ff", "/" + "a" * 900, "?x=1"])
def test_it_takes_what_comes_after_the_token(client, url, tail):
    assert client.post(url + tail, b"{}", content_type="application/json").status_code == 202


def test_more_than_ten_megabytes_are_refused_with_a_reason(client, url):
    answer = client.generic("POST", url, b"x" * (10 * 1024 * 1024 + 1), content_type="application/json")
    assert (answer.status_code, answer["content-type"]) == (413, "application/problem+json")
    assert Inbound.objects.count() == 0


@pytest.mark.parametrize("token", ["x", "src_" + "a" * 43, "%ed%a0%80", "a" * 5000, "%00"])
def test_an_unknown_address_is_not_found(client, db, token):
    answer = client.post(f"/api/v1/sources/{token}", b"{}", content_type="application/json")
    assert answer.status_code == 404 and answer.json()["title"]


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_other_methods_change_nothing(client, url, method):
    answer = getattr(client, method)(url)
    assert (answer.status_code, answer["Allow"]) == (405, "POST") and Inbound.objects.count() == 0


def test_a_body_in_chunks_without_a_length_is_read_up_to_the_limit(url, source):
    def post(body):
        request = RequestFactory().post(url, b"", content_type="application/json")
        request.META.pop("CONTENT_LENGTH", None)
        request.META |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        request.META["wsgi.input"] = io.BytesIO(body)
        return receive(request, url.rpartition("/")[2])

    assert post(b'{"a": 1}').status_code == 202 and bytes(Inbound.objects.get().raw) == b'{"a": 1}'
    assert post(b"x" * (10 * 1024 * 1024 + 1)).status_code == 413


def test_a_body_that_broke_off_is_refused_so_that_it_is_sent_again(url):
    request = RequestFactory().post(url, b'{"half": ', content_type="application/json")
    request.META["CONTENT_LENGTH"] = "50"
    assert receive(request, url.rpartition("/")[2]).status_code == 400 and Inbound.objects.count() == 0


def test_a_paused_source_still_answers_and_keeps(client, url):
    Source.objects.update(is_active=False)
    assert client.post(url, b"{}", content_type="application/json").json()["state"] == "ignored"
    assert interpret_pending() == 0 and Inbound.objects.get().reason


def test_it_asks_the_database_twice(client, url, django_assert_num_queries):
    with django_assert_num_queries(2):
        client.post(url, b"{}", content_type="application/json")


def test_it_keeps_no_secret_header(client, url):
    headers = {"Authorization": "Bearer x", "Cookie": "s=1", "User-Agent": "am/1"}
    client.post(url, b"{}", content_type="application/json", headers=headers)
    assert Inbound.objects.get().headers == {"user-agent": "am/1"}


def test_the_same_body_twice_is_one_ticket(client, url, source):
    for _ in range(2):
        client.post(url, KINDS[source.kind].payloads["firing"], content_type="application/json")
        interpret_pending()
    assert Ticket.objects.count() == 1 and inbound.Inbound.objects.filter(state=State.DONE).count() == 2
