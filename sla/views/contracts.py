"""/settings/contracts/"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.doors import SettingsRequest, managers
from accounts.errors import Refused
from lib.attempts import attempt
from lib.paging import page_of
from sla.actions.contracts import delete_contract, save_contract
from sla.forms.contract import ContactFormSet, ContractForm, contacts_given, known_contacts
from sla.models import Contract, Replan

HOME = "/settings/contracts/"


@managers
@require_GET
def contracts(request: SettingsRequest) -> HttpResponse:
    """All contracts, by customer."""
    rows = Contract.objects.select_related("organisation", "policy").prefetch_related("contacts")
    return render(request, "sla/contracts.html", {"page": page_of(rows, request.GET), "today": timezone.now().date()})


@managers
@require_http_methods(["GET", "POST"])
def contract(request: SettingsRequest, pk: int | None = None) -> HttpResponse:
    """One contract with its named contacts, or a new one."""
    row = get_object_or_404(Contract.objects.select_related("organisation", "policy"), pk=pk) if pk else None
    form = ContractForm(request.POST or None, contract=row)
    contacts = ContactFormSet(request.POST or None, initial=known_contacts(row), prefix="contacts")

    def save() -> Replan:
        _, replanned = save_contract(
            contract=row, contacts=contacts_given(contacts.forms), at=timezone.now(), actor=request.user,
            **form.cleaned_data,
        )  # fmt: skip
        return replanned

    if request.method == "POST" and contacts.is_valid() and (done := attempt(form, save, Refused)):
        name = form.cleaned_data["name"]
        if done.finished_at:
            messages.success(request, f"{name} is saved; the deadlines of {done.total} open tickets follow it.")
        else:
            messages.info(request, f"{name} is saved; {done.total} open tickets are being planned anew.")
        return redirect(HOME)
    context: dict[str, Any] = {
        "form": form, "contacts": contacts, "title": str(row) if row else "New contract", "back": HOME,
        "back_label": "Contracts",
    }  # fmt: skip
    if row:
        context |= {
            "delete_url": f"{HOME}{row.pk}/deletion", "delete_title": "Delete the contract",
            "delete_ask": f"Delete {row}?",
            "delete_text": "Its customer's open tickets are held to whatever policy applies without it.",
        }  # fmt: skip
    wrong = form.errors or (contacts.is_bound and not contacts.is_valid())
    return render(request, "sla/contract.html", context, status=422 if wrong else 200)


@managers
@require_POST
def contract_deletion(request: SettingsRequest, pk: int) -> HttpResponse:
    """The contract is gone."""
    row = get_object_or_404(Contract.objects.select_related("organisation"), pk=pk)
    name = str(row)
    delete_contract(contract=row, at=timezone.now(), actor=request.user)
    messages.success(request, f"{name} is deleted.")
    return redirect(HOME)
