from django.urls import URLPattern, path

from sla.views import calendars, contracts, deadlines, health, policies, proposals, tiers

urlpatterns: list[URLPattern] = [
    path("tickets/<int:pk>/deadlines", deadlines.deadlines, name="deadlines"),
    path("settings/tiers/", tiers.tiers, name="tiers"),
    path("settings/policies/", policies.policies, name="policies"),
    path("settings/policies/new", policies.policy, name="policy-new"),
    path("settings/policies/<int:pk>/", policies.policy, name="policy"),
    path("settings/policies/<int:pk>/deletion", policies.policy_deletion, name="policy-deletion"),
    path("settings/contracts/", contracts.contracts, name="contracts"),
    path("settings/contracts/new", contracts.contract, name="contract-new"),
    path("settings/contracts/<int:pk>/", contracts.contract, name="contract"),
    path("settings/contracts/<int:pk>/deletion", contracts.contract_deletion, name="contract-deletion"),
    path("settings/deadlines/", health.deadlines, name="deadlines-health"),
    path("settings/calendars/", calendars.calendars, name="calendars"),
    path("settings/calendars/new", calendars.calendar, name="calendar-new"),
    path("settings/calendars/<int:pk>/", calendars.calendar, name="calendar"),
    path("settings/calendars/<int:pk>/holidays", proposals.holidays, name="calendar-holidays"),
    path("settings/calendars/<int:pk>/file", proposals.file, name="calendar-file"),
    path("settings/calendars/<int:pk>/proposals", proposals.approval, name="calendar-proposals"),
    path("settings/calendars/<int:pk>/deletion", calendars.calendar_deletion, name="calendar-deletion"),
]
