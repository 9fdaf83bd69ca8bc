from django.urls import URLPattern, path

from oncall.views import callbacks, feeds, now, push, setup, standins, weeks

urlpatterns: list[URLPattern] = [
    path("callbacks/slack/<int:pk>/actions", callbacks.slack_actions, name="slack-actions"),
    path("callbacks/twilio/<int:pk>/sms", callbacks.twilio_sms, name="twilio-sms"),
    path("callbacks/twilio/<int:pk>/status/<int:delivery>", callbacks.twilio_status, name="twilio-status"),
    path("callbacks/twilio/<int:pk>/voice/<int:delivery>", callbacks.twilio_voice, name="twilio-voice"),
    path("callbacks/webpush/answers", push.answer, name="push-answer"),
    path("sw.js", push.worker, name="service-worker"),
    path("desk.webmanifest", push.manifest, name="manifest"),
    path("oncall/", now.now, name="oncall"),
    path("oncall/<int:pk>/", weeks.rota, name="oncall-rota"),
    path("oncall/<int:pk>/overrides", standins.overrides, name="overrides"),
    path("oncall/<int:pk>/swaps", standins.swaps, name="swaps"),
    path("oncall/overrides/<int:pk>/deletion", standins.override_deletion, name="override-deletion"),
    path("oncall/swaps/<int:pk>/agreement", standins.agreement, name="swap-agreement"),
    path("oncall/swaps/<int:pk>/refusal", standins.refusal, name="swap-refusal"),
    path("oncall/swaps/<int:pk>/withdrawal", standins.withdrawal, name="swap-withdrawal"),
    path("oncall/calendars/", feeds.feeds, name="feeds"),
    path("oncall/calendars/<int:pk>/revocation", feeds.revocation, name="feed-revocation"),
    path("oncall/calendars/<str:feed>.ics", feeds.calendar, name="feed"),
    path("settings/rotas/", setup.rotas, name="rotas"),
    path("settings/rotas/new", setup.rota, name="rota-new"),
    path("settings/rotas/<int:pk>/", setup.rota, name="rota"),
    path("settings/rotas/<int:pk>/deletion", setup.rota_deletion, name="rota-deletion"),
    path("settings/rotas/<int:pk>/layers", setup.layer_new, name="layer-new"),
    path("settings/rotas/layers/<int:pk>/", setup.layer, name="layer"),
    path("settings/rotas/layers/<int:pk>/deletion", setup.layer_deletion, name="layer-deletion"),
]
