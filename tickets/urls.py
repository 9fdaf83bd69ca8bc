from django.urls import URLPattern, path

from tickets.views import attachments, conversation, filing, lifecycle, merging, people, ticket

urlpatterns: list[URLPattern] = [
    path("tickets/<int:pk>", ticket.ticket, name="ticket"),
    path("tickets/<int:pk>/live", ticket.live, name="ticket-live"),
    path("tickets/<int:pk>/replies", conversation.replies, name="ticket-replies"),
    path("tickets/<int:pk>/notes", conversation.notes, name="ticket-notes"),
    path("tickets/<int:pk>/acknowledgement", people.acknowledgement, name="ticket-acknowledgement"),
    path("tickets/<int:pk>/assignment", people.assignment, name="ticket-assignment"),
    path("tickets/<int:pk>/team", people.team, name="ticket-team"),
    path("tickets/<int:pk>/severity", filing.severity, name="ticket-severity"),
    path("tickets/<int:pk>/tags", filing.tags, name="ticket-tags"),
    path("tickets/<int:pk>/details", filing.details, name="ticket-details"),
    path("tickets/<int:pk>/promise", filing.promise, name="ticket-promise"),
    path("tickets/<int:pk>/status", lifecycle.status, name="ticket-status"),
    path("tickets/<int:pk>/resolution", lifecycle.resolution, name="ticket-resolution"),
    path("tickets/<int:pk>/verification", lifecycle.verification, name="ticket-verification"),
    path("tickets/<int:pk>/closure", lifecycle.closure, name="ticket-closure"),
    path("tickets/<int:pk>/reopening", lifecycle.reopening, name="ticket-reopening"),
    path("tickets/<int:pk>/cancellation", lifecycle.cancellation, name="ticket-cancellation"),
    path("tickets/<int:pk>/merge", merging.merge, name="ticket-merge"),
    path("tickets/<int:pk>/unmerge", merging.unmerge, name="ticket-unmerge"),
    path("files/<int:pk>", attachments.attachment, name="file"),
    path("help/t/<str:token>/files/<int:pk>", attachments.requester_attachment, name="requester-file"),
]
