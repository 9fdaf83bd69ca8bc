"""The one client for requests to addresses from outside (see test_guards.py for where it goes and where not)."""

import socket
from threading import Thread
from time import monotonic

import pytest

from integrations import outbound
from integrations.outbound import FAILURES, Unreachable, request


def test_it_posts_a_body_with_headers_and_gives_the_answer(beyond):
    beyond.answers["/in"] = (202, b"taken", {"X-Id": "7"})
    answer = request("POST", f"{beyond.base}/in?a=b", headers={"X-One": "two"}, body=b"words")
    assert (answer.status, answer.body, answer.headers["x-id"]) == (202, b"taken", "7")
    [asked] = beyond.asked
    assert (asked.method, asked.path, asked.headers["x-one"], asked.body) == ("POST", "/in?a=b", "two", b"words")
    assert asked.headers["host"] == beyond.base.removeprefix("http://")


def test_one_that_hangs_is_given_up_in_time_and_may_have_heard(beyond):
    beyond.hold.clear()
    began = monotonic()
    with pytest.raises(Unreachable, match="no answer in time") as stop:
        request("POST", beyond.base, body=b"words", seconds=0.3)
    assert stop.value.sent and monotonic() - began < 3


def test_one_that_drips_is_cut_off_however_lively_it_looks(settings):
    settings.INTERNAL_HOSTS = ["127.0.0.1"]
    outbound.BREAKER.forget()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connected, _ = server.accept()
            with connected:
                connected.recv(1000)
                connected.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                try:
                    while True:
                        connected.sendall(b"x")
                        connected.settimeout(0.02)
                        try:
                            if not connected.recv(10):
                                return
                        except TimeoutError:
                            continue
                except OSError:
                    return

        thread = Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(Unreachable, match="no answer in time"):
            request("GET", f"http://127.0.0.1:{server.getsockname()[1]}/", seconds=0.3)
        thread.join(5)
        assert not thread.is_alive()


def test_a_target_that_keeps_failing_is_left_alone_and_others_are_not(beyond):
    beyond.answers = {"": (500, b""), "/well": (200, b"")}
    assert [request("GET", beyond.base).status for _ in range(FAILURES)] == [500] * FAILURES
    with pytest.raises(Unreachable, match="left alone") as stop:
        request("GET", beyond.base)
    assert not stop.value.sent and len(beyond.asked) == FAILURES
    with pytest.raises(Unreachable, match=r"^((?!left alone).)*$"):
        request("GET", "http://127.0.0.1:9/")


def test_one_success_in_between_forgets_the_failures(beyond):
    beyond.answers = {"/bad": (503, b""), "": (200, b"")}
    for _ in range(3):
        for _ in range(FAILURES - 1):
            request("GET", f"{beyond.base}/bad")
        assert request("GET", beyond.base).status == 200


def test_a_header_cannot_smuggle_another(beyond):
    with pytest.raises(Unreachable):
        request("GET", beyond.base, headers={"X-A": "b\r\nX-C: d"})
    assert beyond.asked == []
