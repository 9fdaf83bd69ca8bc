from django.urls import URLPattern, path

from reports.views import compliance, dashboard, tickets

urlpatterns: list[URLPattern] = [
    path("dashboard", dashboard.dashboard, name="dashboard"),
    path("dashboard/tickets", tickets.tickets, name="dashboard-tickets"),
    path("dashboard/tickets.csv", tickets.tickets_csv, name="dashboard-tickets-csv"),
    path("dashboard/compliance", compliance.compliance, name="compliance"),
    path("dashboard/compliance.csv", compliance.table_csv, name="compliance-csv"),
    path("dashboard/compliance/promises.csv", compliance.promises_csv, name="promises-csv"),
]
