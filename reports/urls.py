from django.urls import URLPattern, path

from reports.views import compliance, dashboard, noise, tickets, tiers

urlpatterns: list[URLPattern] = [
    path("dashboard", dashboard.dashboard, name="dashboard"),
    path("dashboard/tickets", tickets.tickets, name="dashboard-tickets"),
    path("dashboard/tickets.csv", tickets.tickets_csv, name="dashboard-tickets-csv"),
    path("dashboard/tiers", tiers.tiers, name="dashboard-tiers"),
    path("dashboard/tiers.csv", tiers.tiers_csv, name="dashboard-tiers-csv"),
    path("dashboard/tiers/handovers.csv", tiers.teams_csv, name="dashboard-handovers-csv"),
    path("dashboard/noise", noise.report, name="noise"),
    path("dashboard/noise.csv", noise.report_csv, name="noise-csv"),
    path("dashboard/noise/alerts", noise.alerts, name="noise-alerts"),
    path("dashboard/compliance", compliance.compliance, name="compliance"),
    path("dashboard/compliance.csv", compliance.table_csv, name="compliance-csv"),
    path("dashboard/compliance/promises.csv", compliance.promises_csv, name="promises-csv"),
]
