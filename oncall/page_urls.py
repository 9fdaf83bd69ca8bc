"""Ladders, and the pages about tickets: their settings, what is done on a ticket, and the link of a call."""

from django.urls import URLPattern, path

from oncall.views import ladders, links, pages

urlpatterns: list[URLPattern] = [
    path("p/<str:token>", links.call, name="page-link"),
    path("tickets/<int:pk>/pages", pages.pages, name="ticket-pages"),
    path("tickets/<int:pk>/pages/acknowledgement", pages.acknowledgement, name="ticket-page-acknowledgement"),
    path("tickets/<int:pk>/pages/repetition", pages.repetition, name="ticket-page-repetition"),
    path("tickets/<int:pk>/pages/reassignment", pages.reassignment, name="ticket-page-reassignment"),
    path("tickets/<int:pk>/pages/responders", pages.responders, name="ticket-responders"),
    path("settings/ladders/", ladders.ladders, name="ladders"),
    path("settings/ladders/new", ladders.ladder, name="ladder-new"),
    path("settings/ladders/<int:pk>/", ladders.ladder, name="ladder"),
    path("settings/ladders/<int:pk>/position", ladders.ladder_position, name="ladder-position"),
    path("settings/ladders/<int:pk>/deletion", ladders.ladder_deletion, name="ladder-deletion"),
]
