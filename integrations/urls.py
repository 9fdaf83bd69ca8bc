"""Alerts, mail, the public form, and the pages of sources and the intake log."""

from django.urls import URLPattern, path, re_path

from integrations.views import (
    intake,
    mail,
    mail_decisions,
    mail_door,
    mailboxes,
    opsgenie,
    pagerduty,
    receive,
    request,
    sources,
)

urlpatterns: list[URLPattern] = [
    re_path(r"^api/v1/sources/(?P<token>[^/]+)(?:/(?P<rest>.*))?$", receive.receive, name="receive-alert"),
    re_path(r"^api/v1/mailboxes/(?P<token>[^/]+)(?:/(?P<rest>.*))?$", mail_door.receive, name="receive-mail"),
    path("v2/enqueue", pagerduty.enqueue, {"call": "v2/enqueue"}, name="pagerduty-enqueue"),
    path("v2/change/enqueue", pagerduty.enqueue, {"call": "v2/change/enqueue"}, name="pagerduty-change"),
    path(
        "generic/2010-04-15/create_event.json", pagerduty.enqueue, {"call": "create_event.json"}, name="pagerduty-first"
    ),
    re_path(r"^v2/alerts(?:/(?P<rest>.*))?$", opsgenie.alerts, name="opsgenie-alerts"),
    path("help/new", request.new, name="request-new"),
    path("help/new/<slug:slug>", request.new, name="request-new-form"),
    path("help/received/<uuid:receipt>", request.received, name="request-received"),
    path("settings/sources/", sources.sources, name="sources"),
    path("settings/sources/new", sources.new, name="source-new"),
    path("settings/sources/<int:pk>", sources.source, name="source"),
    path("settings/sources/<int:pk>/address", sources.new_address, name="source-address"),
    path("settings/sources/<int:pk>/acceptance", sources.accepting, name="source-acceptance"),
    path("settings/sources/<int:pk>/preview", sources.preview, name="source-preview"),
    path("settings/sources/<int:pk>/tests", sources.tests, name="source-tests"),
    path("settings/mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("settings/mailboxes/new", mailboxes.new, name="mailbox-new"),
    path("settings/mailboxes/<int:pk>", mailboxes.mailbox, name="mailbox-settings"),
    path("settings/mailboxes/<int:pk>/checks", mailboxes.checks, name="mailbox-checks"),
    path("settings/mailboxes/<int:pk>/fetches", mailboxes.fetches, name="mailbox-fetches"),
    path("settings/mailboxes/<int:pk>/acceptance", mailboxes.accepting, name="mailbox-acceptance"),
    path("settings/mailboxes/<int:pk>/letters", mailboxes.letters, name="mailbox-letters"),
    path("settings/mailboxes/<int:pk>/address", mailboxes.new_address, name="mailbox-address"),
    path("mail/", mail.log, name="mail"),
    path("mail/held", mail.held, name="mail-held"),
    path("mail/messages/<int:pk>", mail.of_message, name="mail-of-message"),
    path("mail/<uuid:receipt>", mail.entry, name="mail-entry"),
    path("mail/<uuid:receipt>/raw", mail.raw, name="mail-raw"),
    path("mail/<uuid:receipt>/decision", mail_decisions.decision, name="mail-decision"),
    path("mail/<uuid:receipt>/moves", mail_decisions.moves, name="mail-moves"),
    path("intake/", intake.log, name="intake"),
    path("intake/<uuid:receipt>", intake.entry, name="intake-entry"),
    path("intake/<uuid:receipt>/raw", intake.raw, name="intake-raw"),
    path("intake/<uuid:receipt>/replays", intake.replays, name="intake-replays"),
]
