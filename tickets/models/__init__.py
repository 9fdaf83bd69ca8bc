from tickets.models.article import TicketArticle, Use
from tickets.models.csat import Csat
from tickets.models.event import Event, FollowerFailure, Kind
from tickets.models.form import Form, SeverityCell
from tickets.models.handover import Handover, HandoverState, PacketRule, Part, required_parts
from tickets.models.message import Audience, MailText, Markup, Message
from tickets.models.rule import RoutingRule, rules_in_force
from tickets.models.search import SearchDocument
from tickets.models.ticket import (
    Channel,
    Level,
    Resolution,
    Severity,
    Ticket,
    TicketFollower,
    TicketKind,
    Verification,
    teams_hidden_from,
)

__all__ = [
    "Audience",
    "Channel",
    "Csat",
    "Event",
    "FollowerFailure",
    "Form",
    "Handover",
    "HandoverState",
    "Kind",
    "Level",
    "MailText",
    "Markup",
    "Message",
    "PacketRule",
    "Part",
    "Resolution",
    "RoutingRule",
    "SearchDocument",
    "Severity",
    "SeverityCell",
    "Ticket",
    "TicketArticle",
    "TicketFollower",
    "TicketKind",
    "Use",
    "Verification",
    "required_parts",
    "rules_in_force",
    "teams_hidden_from",
]
