from django.urls import URLPattern, path

from reports.views import dashboard, tickets

urlpatterns: list[URLPattern] = [
    path("dashboard", dashboard.dashboard, name="dashboard"),
    path("dashboard/tickets", tickets.tickets, name="dashboard-tickets"),
    path("dashboard/tickets.csv", tickets.tickets_csv, name="dashboard-tickets-csv"),
    path("dashboard/compliance.csv", tickets.compliance_csv, name="dashboard-compliance-csv"),
]
