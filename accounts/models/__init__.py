from accounts.models.audit import AuditEntry
from accounts.models.idempotency import IdempotentRequest
from accounts.models.organisation import Organisation, OrganisationDomain
from accounts.models.team import Membership, Team
from accounts.models.token import SCOPES, ApiToken, Invitation
from accounts.models.user import Role, User

__all__ = [
    "SCOPES",
    "ApiToken",
    "AuditEntry",
    "IdempotentRequest",
    "Invitation",
    "Membership",
    "Organisation",
    "OrganisationDomain",
    "Role",
    "Team",
    "User",
]
