"""Contracts as managers edit them: which policy a customer's tickets are held to, and whom it names."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.actions.people import requester_for
from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Organisation, User
from sla import rulebook
from sla.actions.replan import replan
from sla.models import Contact, Contract, Policy, Replan

# Name, address and the severities of each named contact; no severities: all of them.
Contacts = Sequence[tuple[str, str, list[int]]]


@transaction.atomic
def save_contract(
    *, contract: Contract | None, organisation: Organisation, name: str, policy: Policy, begins: date,
    ends: date | None, contacts: Contacts, at: datetime, actor: User | None,
) -> tuple[Contract, Replan]:  # fmt: skip
    """Make a contract or change one; unfinished clocks follow it. Raises Refused naming the field."""
    if ends is not None and ends < begins:
        raise Refused("It ends before it begins.", field="ends")
    row = Contract.objects.select_for_update().get(pk=contract.pk) if contract else Contract()
    row.organisation, row.name, row.policy, row.begins, row.ends = organisation, name, policy, begins, ends
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("This customer has that plan from that day already.", field="name") from None
    row.contacts.all().delete()
    people = {requester_for(email=email, name=called): severities for called, email, severities in contacts}
    Contact.objects.bulk_create(
        [Contact(contract=row, user=user, severities=severities) for user, severities in people.items()]
    )
    audit(
        "contract changed" if contract else "contract made", at=at, actor=actor, object=row, policy=policy.name,
        begins=begins.isoformat(), ends=ends and ends.isoformat(), contacts=sorted(user.email for user in people),
    )  # fmt: skip
    rulebook.renew()
    return row, replan(why=f"contract “{row}” changed", at=at, actor=actor)


@transaction.atomic
def delete_contract(*, contract: Contract, at: datetime, actor: User | None) -> Replan:
    """Its customer's tickets are held to whatever applies without it; what was decided stays."""
    name = str(contract)
    contract.delete()
    audit("contract deleted", at=at, actor=actor, object=name)
    rulebook.renew()
    return replan(why=f"contract “{name}” deleted", at=at, actor=actor)
