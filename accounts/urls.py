from django.urls import URLPattern, path

from accounts.views import invitations

urlpatterns: list[URLPattern] = [
    path("invitations/<str:secret>", invitations.invitation, name="invitation"),
]
