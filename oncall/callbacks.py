"""What an answer that came by a channel means here (settings.CALLBACK_ANSWERER)."""

from datetime import datetime

from integrations.channels.callbacks import Said
from integrations.models import Channel, ChannelKind
from oncall.actions import answers, drills
from oncall.models import ContactMethod, Via
from tickets.errors import Refused

STOPPED = "Answered STOP: nothing is delivered to this number until it answers START."


def answer(said: Said, channel: Channel, at: datetime) -> str:
    """Do it; answers the words to say back. Raises Refused."""
    if said.kind in ("stop", "start"):
        opted(said, channel)
        return ""
    if said.token and (confirmed := drills.confirm_by_token(said.token, at=at)):
        return confirmed
    if channel.kind == ChannelKind.SLACK:
        by_handle = answers.resolve_by_handle if said.kind == "resolve" else answers.acknowledge_by_handle
        return by_handle(channel=channel, address=said.address, page=said.page or 0, at=at, via="slack")
    if said.token:
        return answers.acknowledge_by_token(said.token, at=at, via="voice")
    if said.code:
        return answers.acknowledge_by_code(channel=channel, address=said.address, code=said.code, at=at, via="sms")
    raise Refused(answers.UNKNOWN)


def opted(said: Said, channel: Channel) -> None:
    """Somebody wants no more SMS from this number, or wants them again: the contact method says so."""
    mine = ContactMethod.objects.filter(via=Via.SMS, address=said.address, channel=channel)
    if said.kind == "stop":
        mine.update(trouble=STOPPED)
    else:
        mine.filter(trouble=STOPPED).update(trouble="")
