from sla.models.calendar import Calendar, CalendarVersion
from sla.models.clock import Breach, Clock, Firing, Stage, State
from sla.models.obligation import Obligation
from sla.models.policy import Edition, Policy, PolicyVersion, Target
from sla.models.replan import Replan

__all__ = [
    "Breach",
    "Calendar",
    "CalendarVersion",
    "Clock",
    "Edition",
    "Firing",
    "Obligation",
    "Policy",
    "PolicyVersion",
    "Replan",
    "Stage",
    "State",
    "Target",
]
