from integrations.models.alert import Alert, AlertGroup, Recovery
from integrations.models.channel import Channel, ChannelKind, ChannelThread
from integrations.models.inbound import Door, Inbound, State
from integrations.models.mail import Mail, Outcome
from integrations.models.mailbox import Mailbox, OnClosed, Protocol, Security, SignIn
from integrations.models.push import PushKey
from integrations.models.silence import Silence
from integrations.models.source import Source

__all__ = [
    "Alert",
    "AlertGroup",
    "Channel",
    "ChannelKind",
    "ChannelThread",
    "Door",
    "Inbound",
    "Mail",
    "Mailbox",
    "OnClosed",
    "Outcome",
    "Protocol",
    "PushKey",
    "Recovery",
    "Security",
    "SignIn",
    "Silence",
    "Source",
    "State",
]
