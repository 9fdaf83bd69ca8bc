"""How people are reached: their contact methods, and drills."""

from django.urls import URLPattern, path

from oncall.views import contacts, drills, methods

METHOD = "oncall/contact/methods/<int:pk>"
urlpatterns: list[URLPattern] = [
    path("oncall/contact", contacts.contact, name="contact"),
    path("oncall/contact/methods/<str:via>", contacts.methods, name="contact-methods"),
    path("oncall/contact/browsers", contacts.browsers, name="contact-browsers"),
    path("oncall/contact/quiet-hours", contacts.quiet_hours, name="quiet-hours"),
    path(f"{METHOD}/rule", methods.rule, name="contact-rule"),
    path(f"{METHOD}/codes", methods.codes, name="contact-codes"),
    path(f"{METHOD}/verification", methods.verification, name="contact-verification"),
    path(f"{METHOD}/tests", methods.tests, name="contact-tests"),
    path(f"{METHOD}/deletion", methods.deletion, name="contact-deletion"),
    path("oncall/drills", drills.drills, name="drills"),
    path("oncall/<int:pk>/drills", drills.asked, name="rota-drills"),
    path("p/d/<str:token>", drills.link, name="drill-link"),
]
