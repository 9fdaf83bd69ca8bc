from django.urls import URLPattern, path

from deliveries import views

urlpatterns: list[URLPattern] = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/sending", views.sending, name="sending"),
    path("mailbox/<int:pk>", views.delivery, name="delivery"),
    path("mailbox/<int:pk>/attempts", views.replay, name="delivery-attempts"),
    path("mailbox/<int:pk>/cancellation", views.cancellation, name="delivery-cancellation"),
]
