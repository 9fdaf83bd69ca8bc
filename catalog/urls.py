from django.urls import URLPattern, path

from catalog import views

urlpatterns: list[URLPattern] = [
    path("settings/sites/", views.sites, name="sites"),
    path("settings/sites/new", views.site, name="site-new"),
    path("settings/sites/<int:pk>/", views.site, name="site"),
    path("settings/sites/<int:pk>/deletion", views.site_deletion, name="site-deletion"),
]
