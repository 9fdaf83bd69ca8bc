"""The letters' pages among the settings."""

from django.urls import URLPattern, path

from notifications import views

urlpatterns: list[URLPattern] = [
    path("settings/letters/", views.letters, name="letters"),
    path("settings/letters/<str:language>/<str:letter>", views.letter, name="letter"),
    path("settings/letters/<str:language>/<str:letter>/previews", views.previews, name="letter-previews"),
    path("settings/letters/<str:language>/<str:letter>/deletion", views.deletion, name="letter-deletion"),
]
