from integrations.models.alert import Alert, Recovery
from integrations.models.inbound import Door, Inbound, State
from integrations.models.source import Source

__all__ = ["Alert", "Door", "Inbound", "Recovery", "Source", "State"]
