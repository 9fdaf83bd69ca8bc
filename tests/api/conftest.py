"""Clients that speak the API."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tokens import issue_token

WRITE = ("tickets:read", "tickets:write")


class Caller:
    """A client with a token: caller.post("/tickets", subject="x", key="k") → the response, with `.data`."""

    def __init__(self, user: User | None, scopes: tuple[str, ...] = WRITE) -> None:
        self.client = Client()
        self.headers = {}
        if user is not None:
            self.headers["Authorization"] = "Bearer " + issue_token(user=user, name="test", scopes=scopes)[1]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.generic(
            method, f"/api/v1{path}", raw, content_type="application/json", headers={**self.headers, **named}
        )
        answer.data = json.loads(answer.content) if answer.content else None
        return answer

    def get(self, path: str, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.get(f"/api/v1{path}", headers={**self.headers, **named})
        answer.data = json.loads(answer.content) if answer.content else None
        return answer

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)


@pytest.fixture
def calls(cast) -> SimpleNamespace:
    """calls.agent, calls.customer … each with a token; calls.nobody without."""
    people = {name: Caller(person) for name, person in vars(cast).items() if isinstance(person, User)}
    return SimpleNamespace(nobody=Caller(None), **people)
