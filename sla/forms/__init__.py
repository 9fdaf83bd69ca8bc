from sla.forms.calendar import CalendarForm
from sla.forms.holidays import HolidaysForm
from sla.forms.policy import PolicyForm

__all__ = ["CalendarForm", "HolidaysForm", "PolicyForm"]
