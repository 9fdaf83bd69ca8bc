from sla.models.calendar import Calendar, CalendarVersion
from sla.models.clock import Breach, Clock, Firing, State
from sla.models.contract import Contact, Contract
from sla.models.obligation import Obligation
from sla.models.policy import Edition, Policy, PolicyVersion, Reopening, Retargeting, Scope, Target
from sla.models.replan import Replan
from sla.models.stage import Act, Stage
from sla.models.tier import TierBudget, TierStay

__all__ = [
    "Act",
    "Breach",
    "Calendar",
    "CalendarVersion",
    "Clock",
    "Contact",
    "Contract",
    "Edition",
    "Firing",
    "Obligation",
    "Policy",
    "PolicyVersion",
    "Reopening",
    "Replan",
    "Retargeting",
    "Scope",
    "Stage",
    "State",
    "Target",
    "TierBudget",
    "TierStay",
]
