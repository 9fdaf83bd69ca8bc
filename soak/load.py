"""What people and machines send meanwhile, and what the desk accepted of it."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from urllib.parse import urlencode

from integrations.sources import KINDS

CSRF = "c" * 32
KEYS = 10  # different alerts


class Load:
    """Threads that send until told to stop. Everything accepted is written down here."""

    def __init__(self, *, port: int, source: str, token: str, site: int, rate: float, seed: int) -> None:
        self.port, self.alerts_path, self.token, self.site = port, f"/api/v1/sources/{source}", token, site
        self.pause, self.random = 3 / rate, random.Random(seed)
        self.receipts: list[str] = []
        self.forms: dict[str, str] = {}  # subject → receipt
        self.replies: dict[str, int] = {}  # words → ticket
        self.tickets: list[int] = []
        self.answers: Counter[str] = Counter()
        self.slowest = 0.0
        self.enough = threading.Event()
        self.example = json.loads(KINDS["alertmanager"].payloads["firing"])

    def ask(self, what: str, path: str, body: bytes, **headers: str) -> tuple[int, str, bytes]:
        """(status, Location, body). 0 when the line broke."""
        began = time.monotonic()
        try:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            line.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            found = answer.status, answer.headers.get("Location", ""), answer.read()
            line.close()
        except (OSError, http.client.HTTPException) as error:
            found = 0, "", str(error).encode()
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers[f"{what} {found[0]}"] += 1
        return found

    def alert(self, number: int) -> None:
        status = "resolved" if self.random.random() < 0.1 else "firing"
        one = {**self.example["alerts"][0], "status": status, "fingerprint": f"key{number % KEYS}"}
        body = json.dumps({**self.example, "alerts": [one]}).encode()
        status_code, _, said = self.ask("alert", self.alerts_path, body, Content_Type="application/json")
        if status_code == 202:
            self.receipts.append(json.loads(said)["receipt"])

    def form(self, number: int) -> None:
        subject = f"Soak request {number}"
        fields = {"subject": subject, "description": "It says 500.", "kind": "incident", "site": self.site,
                  "email": f"p{number % 50}@people.example", "submission": f"{number:032d}"}  # fmt: skip
        status, where, _ = self.ask(
            "form", "/help/new", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded",
            Cookie=f"csrftoken={CSRF}", X_CSRFToken=CSRF,
        )  # fmt: skip
        if status == 302:
            self.forms[subject] = where.rpartition("/")[2]

    def reply(self, number: int) -> None:
        if not self.tickets:
            return
        words, ticket = f"Soak answer {number}", self.random.choice(self.tickets)
        status, _, _ = self.ask(
            "reply", f"/api/v1/tickets/{ticket}/messages", json.dumps({"body": words}).encode(),
            Content_Type="application/json", Authorization=f"Bearer {self.token}", Idempotency_Key=words,
        )  # fmt: skip
        if status == 201:
            self.replies[words] = ticket

    def start(self) -> list[threading.Thread]:
        def again(act: str) -> None:
            number = 0
            while not self.enough.wait(self.pause):
                getattr(self, act)(number)
                number += 1

        threads = [threading.Thread(target=again, args=(act,), daemon=True) for act in ("alert", "form", "reply")]
        for thread in threads:
            thread.start()
        return threads
