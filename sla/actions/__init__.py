"""Every change of policies and calendars, and the planning anew that follows."""
