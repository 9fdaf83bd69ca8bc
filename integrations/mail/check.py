"""The test of a connection: each step with what came of it, in words."""

from contextlib import closing
from dataclasses import dataclass

from integrations.mail import fetch
from integrations.mail.guard import Step, Trouble
from integrations.models import Mailbox, Protocol, Security

OK, FAILED, NOT_REACHED = "ok", "failed", "not reached"


@dataclass(frozen=True, slots=True)
class Result:
    """One step of the test."""

    step: Step
    state: str
    words: str = ""


def try_connection(mailbox: Mailbox) -> list[Result]:
    """Look up, connect, TLS, sign in, open the folder; takes and marks nothing. The guard's times bound it."""
    steps = [Step.LOOKUP, Step.CONNECT, Step.TLS, Step.SIGN_IN, Step.FOLDER]
    if mailbox.security == Security.NONE:
        steps.remove(Step.TLS)
    if mailbox.protocol == Protocol.POP3:
        steps.remove(Step.FOLDER)
    try:
        with closing(fetch.OPENED_BY[mailbox.protocol](mailbox)) as server:
            return [Result(step, OK, server.about if step == steps[-1] else "") for step in steps]
    except Trouble as trouble:
        failed = trouble.step if trouble.step in steps else steps[-1]
        place = steps.index(failed)
        return [
            *(Result(step, OK) for step in steps[:place]),
            Result(failed, FAILED, trouble.words),
            *(Result(step, NOT_REACHED) for step in steps[place + 1 :]),
        ]
