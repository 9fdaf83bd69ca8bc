"""Tickets over HTTP."""

import pytest
from django.conf import settings

from tests import make
from tests.api.conftest import Caller
from tests.make import T0, later
from tickets.actions import conversation, progress
from tickets.models import Message, Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(cast, shop):
    return make.ticket(requester=cast.customer, site=shop)


def fields_of(answer):
    return {error["field"] for error in answer.data["errors"]}


class TestOpening:
    def test_a_requester_opens_their_own(self, calls, cast, shop):
        body = {"subject": "Checkout fails", "body": "500", "site": "shop", "impact": "high", "urgency": "high"}
        answer = calls.customer.post("/tickets", body)
        ticket = Ticket.objects.get()
        assert (answer.status_code, answer.data["number"]) == (201, ticket.pk)
        assert answer["Location"] == f"/api/v1/tickets/{ticket.pk}"
        assert (ticket.requester, ticket.site, ticket.severity, ticket.channel) == (cast.customer, shop, 1, "api")
        assert answer.data["url"].startswith(settings.BASE_URL + "/help/t/")

    def test_the_desk_opens_one_for_somebody(self, calls, cast, shop, back):
        body = {"subject": "Call", "requester": {"email": "New@Acme.example", "name": "Nia"}, "severity": 2,
                "team": "back-end", "tags": ["VIP ", "vip"]}  # fmt: skip
        answer = calls.agent.post("/tickets", body)
        ticket = Ticket.objects.get()
        assert answer.status_code == 201 and answer["ETag"] == f'"{ticket.last_event}"'
        assert (ticket.requester.email, ticket.organisation) == ("new@acme.example", cast.acme)
        assert (ticket.team, ticket.tags) == (back, ["vip"])

    @pytest.mark.parametrize("extra", ["severity", "requester", "team", "tags", "status", "id", "token", "assignee"])
    def test_a_requester_cannot_write_what_is_the_desks(self, calls, extra):
        answer = calls.customer.post("/tickets", {"subject": "x", extra: 1})
        assert answer.status_code == 400 and fields_of(answer) == {extra} and Ticket.objects.count() == 0

    @pytest.mark.parametrize(
        ("body", "field"),
        [({}, "subject"), ({"subject": ""}, "subject"), ({"subject": "x" * 301}, "subject"), ({"x": 1}, "x"),
         ({"subject": "x", "site": "none"}, "site"), ({"subject": "x", "component": "cart"}, "component"),
         ({"subject": "x", "kind": "bug"}, "kind"), ({"subject": ["x"]}, "subject"), ({"subject": "a\0b"}, "subject"),
         ({"subject": "x", "impact": "huge"}, "impact")],
    )  # fmt: skip
    def test_errors_name_the_field(self, calls, front, body, field):
        answer = calls.customer.post("/tickets", body)
        assert (answer.status_code, answer["content-type"]) == (400, "application/problem+json")
        assert field in fields_of(answer)

    def test_it_needs_a_token_with_the_scope(self, calls, cast):
        assert calls.nobody.post("/tickets", {"subject": "x"}).status_code == 401
        assert Caller(cast.agent, ("tickets:read",)).post("/tickets", {"subject": "x"}).status_code == 403
        assert Caller(cast.agent, ("tickets:write",)).get("/tickets").status_code == 403
        calls.nobody.headers["Authorization"] = "Bearer wrong"
        assert calls.nobody.get("/tickets").status_code == 401


class TestReading:
    def test_what_is_not_yours_is_not_found(self, calls, ticket):
        paths = [f"/tickets/{ticket.pk}{rest}" for rest in ("", "/messages", "/events")]
        assert [calls.stranger.get(path).status_code for path in paths] == [404, 404, 404]
        assert calls.stranger.post(f"/tickets/{ticket.pk}/messages", {"body": "x"}).status_code == 404
        assert calls.stranger.post(f"/tickets/{ticket.pk}/acknowledgement").status_code == 404
        assert calls.stranger.get("/tickets").data["results"] == []
        assert calls.agent.get("/tickets/999999999999999999999999999").status_code == 404

    def test_a_requester_never_reads_a_note_or_the_desks_work(self, calls, cast, ticket):
        conversation.note(ticket=ticket, body="Secret remark", at=later(minutes=1), actor=cast.agent, via="web")
        for path in ("", "/messages", "/events"):
            answer = calls.customer.get(f"/tickets/{ticket.pk}{path}")
            assert b"Secret" not in answer.content and b"noted" not in answer.content and "ETag" not in answer
        hidden = {"team", "assignee", "tags", "version", "tier", "evidence"}
        assert not hidden & set(calls.customer.get(f"/tickets/{ticket.pk}").data)
        assert b"Secret" in calls.agent.get(f"/tickets/{ticket.pk}/messages").content

    @pytest.mark.parametrize("query", ["team=1", "tag=vip", "assignee=none", "breached=yes", "sort=due", "nonsense=1"])
    def test_a_requester_cannot_ask_for_the_desks_work_by_filters(self, calls, ticket, query):
        assert calls.customer.get(f"/tickets?{query}").status_code == 400

    @pytest.mark.parametrize(
        "query", ["status=banana", "sort=password", "requester__password=x", "cursor=abc", "limit=0", "limit=1000",
                  "limit=%C2%B2", "severity=9", "opened_after=never", "number=x", "cursor=W10"],
    )  # fmt: skip
    def test_filters_and_orders_are_an_allow_list(self, calls, query):
        answer = calls.agent.get(f"/tickets?{query}")
        assert answer.status_code == 400 and fields_of(answer) == {query.split("=")[0]}

    def test_pages_follow_next_until_it_is_null(self, calls, cast, shop):
        numbers = [make.ticket(requester=cast.customer, site=shop, at=later(minutes=n)).pk for n in range(5)]
        seen, path = [], "/tickets?limit=2&sort=oldest&status=open"
        while path:
            page = calls.agent.get(path).data
            seen += [row["number"] for row in page["results"]]
            path = page["next"] and page["next"].removeprefix(settings.BASE_URL + "/api/v1")
        assert seen == numbers

    def test_the_history_pages_too(self, calls, cast, ticket):
        for n in range(5):
            conversation.note(ticket=ticket, body=f"n{n}", at=T0, actor=cast.agent, via="web")
        seen, path = [], f"/tickets/{ticket.pk}/messages?limit=2"
        while path:
            page = calls.agent.get(path).data
            seen += [row["body"] for row in page["results"]]
            path = page["next"] and page["next"].removeprefix(settings.BASE_URL + "/api/v1")
        assert seen == ["It says error 500.", "n0", "n1", "n2", "n3", "n4"]

    def test_an_unchanged_ticket_is_304(self, calls, ticket):
        tag = calls.agent.get(f"/tickets/{ticket.pk}")["ETag"]
        assert calls.agent.get(f"/tickets/{ticket.pk}", If_None_Match=tag).status_code == 304

    def test_it_asks_the_database_as_often_for_one_as_for_many(self, calls, cast, shop, django_assert_max_num_queries):
        for n in range(12):
            make.ticket(requester=cast.customer, site=shop, subject=f"No {n}")
        with django_assert_max_num_queries(5):
            calls.agent.get("/tickets")
        with django_assert_max_num_queries(5):
            calls.customer.get("/tickets")


class TestChanging:
    def test_it_changes_what_is_named_and_nothing_else(self, calls, ticket):
        answer = calls.agent.patch(
            f"/tickets/{ticket.pk}", {"subject": "Cart", "severity": 1, "reason": "Sales stop", "tags": ["cart"]}
        )
        ticket.refresh_from_db()
        assert answer.status_code == 200 and answer.data["version"] == ticket.last_event
        assert (ticket.subject, ticket.severity, ticket.tags, ticket.kind) == ("Cart", 1, ["cart"], "incident")

    def test_it_is_all_or_nothing(self, calls, ticket):
        answer = calls.agent.patch(f"/tickets/{ticket.pk}", {"subject": "Cart", "severity": 1})
        ticket.refresh_from_db()
        assert (answer.status_code, fields_of(answer), ticket.subject) == (422, {"reason"}, "Checkout fails")

    def test_a_lost_update_is_412(self, calls, ticket):
        tag = calls.agent.get(f"/tickets/{ticket.pk}")["ETag"]
        assert calls.agent.patch(f"/tickets/{ticket.pk}", {"subject": "One"}, If_Match=tag).status_code == 200
        assert calls.agent.patch(f"/tickets/{ticket.pk}", {"subject": "Two"}, If_Match=tag).status_code == 412
        assert calls.agent.post(f"/tickets/{ticket.pk}/acknowledgement", If_Match=tag).status_code == 412

    @pytest.mark.parametrize("verb", ["acknowledgement", "assignment", "resolution"])
    def test_a_requester_does_not_do_the_desks_work(self, calls, ticket, verb):
        assert calls.customer.post(f"/tickets/{ticket.pk}/{verb}", {}).status_code == 403
        assert calls.customer.patch(f"/tickets/{ticket.pk}", {"subject": "x"}).status_code == 403

    def test_from_new_to_closed_and_back(self, calls, cast, ticket, back):
        def do(who, verb, body=None):
            answer = who.post(f"/tickets/{ticket.pk}/{verb}", body or {})
            ticket.refresh_from_db()
            return answer.status_code, ticket.status

        assert do(calls.agent, "acknowledgement") == (200, Status.ACKNOWLEDGED)
        assert do(calls.agent, "assignment", {"team": "back-end"})[0] == 422  # up a tier: that takes a packet
        assert do(calls.manager, "assignment", {"assignee": cast.other_agent.email, "team": "back-end"})[0] == 200
        assert (ticket.team, ticket.assignee) == (back, cast.other_agent)
        assert do(calls.agent, "messages", {"body": "Looking."}) == (201, Status.WAITING)
        assert do(calls.customer, "messages", {"body": "Thanks."}) == (201, Status.DIAGNOSING)
        assert do(calls.agent, "closure") == (409, Status.DIAGNOSING)
        assert do(calls.agent, "resolution", {"code": "fixed", "text": "Restarted."}) == (200, Status.RESOLVED)
        assert do(calls.agent, "closure", {"how": "qa"}) == (422, Status.RESOLVED)
        assert do(calls.customer, "reopening", {"reason": "Still broken"}) == (200, Status.DIAGNOSING)
        assert do(calls.agent, "resolution", {"code": "fixed", "text": "Again."}) == (200, Status.RESOLVED)
        assert do(calls.customer, "closure") == (200, Status.CLOSED)
        assert ticket.verification == "requester"

    def test_a_note_is_internal(self, calls, ticket):
        path, body = f"/tickets/{ticket.pk}/messages", {"body": "Hm", "audience": "internal"}
        assert calls.agent.post(path, body).status_code == 201
        assert Message.objects.get(body="Hm").is_internal
        assert calls.customer.post(path, body).status_code == 400

    def test_a_message_on_one_long_closed_opens_a_follow_up(self, calls, cast, ticket):
        progress.resolve(ticket=ticket, code="fixed", text="Done.", at=later(hours=1), actor=cast.agent, via="web")
        progress.verify_and_close(ticket=ticket, how="requester", at=later(hours=2), actor=cast.customer, via="web")
        answer = calls.customer.post(f"/tickets/{ticket.pk}/messages", {"body": "It is back."})
        assert answer.status_code == 201 and Ticket.objects.get(pk=answer.data["ticket"]).follows == ticket


class TestSendingTwice:
    def test_the_same_key_gets_the_same_answer_and_does_it_once(self, calls, front):
        first = calls.customer.post("/tickets", {"subject": "x"}, Idempotency_Key="k1")
        again = calls.customer.post("/tickets", {"subject": "x"}, Idempotency_Key="k1")
        assert (first.status_code, first.content) == (again.status_code, again.content)
        assert first["Location"] == again["Location"]
        assert again["Idempotent-Replayed"] == "true" and Ticket.objects.count() == 1

    def test_another_body_under_the_key_is_422(self, calls, front):
        calls.customer.post("/tickets", {"subject": "x"}, Idempotency_Key="k1")
        assert calls.customer.post("/tickets", {"subject": "y"}, Idempotency_Key="k1").status_code == 422

    def test_keys_belong_to_their_owner(self, calls, front):
        calls.customer.post("/tickets", {"subject": "x"}, Idempotency_Key="k1")
        assert calls.agent.post("/tickets", {"subject": "y"}, Idempotency_Key="k1").status_code == 201

    def test_a_refused_one_may_be_put_right_under_the_same_key(self, calls, front):
        assert calls.customer.post("/tickets", {}, Idempotency_Key="k1").status_code == 400
        assert calls.customer.post("/tickets", {"subject": "x"}, Idempotency_Key="k1").status_code == 201

    def test_every_post_honours_it(self, calls, ticket):
        path = f"/tickets/{ticket.pk}"
        for _ in range(2):
            assert calls.agent.post(f"{path}/messages", {"body": "Hi"}, Idempotency_Key="m").status_code == 201
            assert calls.agent.post(f"{path}/acknowledgement", Idempotency_Key="a").status_code == 200
        assert ticket.messages.count() == 2

    @pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
    def test_a_key_has_a_shape(self, calls, key):
        assert calls.customer.post("/tickets", {"subject": "x"}, Idempotency_Key=key).status_code == 400
