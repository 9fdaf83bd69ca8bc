"""All settings, in one file, all from the environment (docs/operations.md lists the variables)."""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from helpdesk.runtime import paths

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "pytest" in sys.modules


def flag(name: str, default: bool = False) -> bool:
    """True for 1/true/yes/on."""
    return os.environ.get(name, str(default)).lower() in {"1", "true", "yes", "on"}


DEBUG = flag("DEBUG")
SECRET_KEY = paths.secret_key()
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
# Links are only ever built from BASE_URL, so the Host header is not trusted for anything but routing.
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")
CSRF_TRUSTED_ORIGINS = [BASE_URL, *filter(None, os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(","))]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "lib",
    "accounts",
    "files",
    "catalog",
    "knowledge",
    "tickets",
    "deliveries",
    "sla",
    "integrations",
    "notifications",
    "oncall",
    "reports",
    "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.zones.time_zone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "helpdesk.context.frame",
            ],
            "builtins": ["lib.templatetags.ui"],
        },
    }
]


# -- data ------------------------------------------------------------------------------------------------------------
def database(url: str) -> dict[str, Any]:
    """A `postgresql://user:password@host:port/name?host=/socket/dir` address as Django's settings."""
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    options = {
        "connect_timeout": 5,
        "options": "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000",
    }
    options |= {key: query[key][0] for key in ("sslmode", "sslrootcert") if key in query}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": int(os.environ.get("CONN_MAX_AGE", "60")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": database(paths.database_url())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Sessions and cache live in the database and in memory: a stopped Redis must never stop a request.
SESSION_ENGINE = "accounts.sessions"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "desk"}}
REDIS_URL = paths.redis_url(0)
LIVE_REDIS_URL = paths.redis_url(1)
MEDIA_ROOT = Path(os.environ.get("FILES_DIR", paths.data_dir() / "files"))
FILE_MAX_BYTES = int(os.environ.get("FILE_MAX_BYTES", 25 * 1024 * 1024))
FILES_PER_MESSAGE = 10
# ClamAV's daemon: the path of its socket, or host:port. Without one nothing is scanned.
CLAMD_SOCKET = os.environ.get("CLAMD_SOCKET", "")
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# -- people ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sessions.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "notifications.account_mail.Adapter"
# Called with (invitation=, url=), in the transaction that makes an invitation: who tells the invited person.
ACCOUNT_NOTICES = ["notifications.account_mail.invited"]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/help/"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_RATE_LIMITS = {} if TESTING else {"login_failed": "10/m/ip,5/5m/key"}

# -- security --------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = int(os.environ.get("HSTS_SECONDS", 31536000 if HTTPS else 0))
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if flag("TRUST_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS: list[str] = []

# -- the desk --------------------------------------------------------------------------------------------------------
# Called in order, in the verb's own transaction, with its lines of history (docs/architecture.md, law two).
TICKET_FOLLOWERS: list[str] = [
    "sla.follow.follow", "sla.tiers.follow", "oncall.follow.follow", "notifications.follow.follow",
    "helpdesk.live.follow",
]  # fmt: skip
# If one of these raises, the verb rolls back. The others run in a savepoint and leave a visible, replayable failure.
BINDING_FOLLOWERS = {"sla.follow.follow", "sla.tiers.follow", "oncall.follow.follow"}
UNOWNED_P1_SECONDS = 300
WAITING_REMINDER_SECONDS = 3 * 24 * 3600
AUTO_CLOSE_SECONDS = 7 * 24 * 3600
REOPEN_WINDOW_SECONDS = 30 * 24 * 3600
ALERT_LINE_SECONDS = 15 * 60  # repeats of an alert: one line on the timeline in this time
ALERT_LATE_SECONDS = 5 * 60  # how long a firing may be overtaken by its own resolve
# Submissions of forms an hour, counted in the database: from one network address, and for one mail address.
FORM_LIMIT_PER_IP = int(os.environ.get("FORM_LIMIT_PER_IP", "30"))
FORM_LIMIT_PER_ADDRESS = int(os.environ.get("FORM_LIMIT_PER_ADDRESS", "10"))

# -- mail out --------------------------------------------------------------------------------------------------------
# Without EMAIL_HOST nothing leaves the machine: deliveries end in the local mailbox page.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", EMAIL_PORT == 587)
EMAIL_USE_SSL = flag("EMAIL_USE_SSL", EMAIL_PORT == 465)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Helpdesk <desk@helpdesk.example>")
# What the requester's side is written in: the site's language, or this one (notifications/languages/).
LETTER_LANGUAGES = {"en": "English", "de": "Deutsch"}
LETTER_LANGUAGE = os.environ.get("LETTER_LANGUAGE", "en")
# Answers come to support+<reference>@…, bounces to support+<delivery>@…, where the mailboxes' servers deliver those.
MAIL_PLUS_ADDRESSES = flag("MAIL_PLUS_ADDRESSES", True)
# Off where the mail server sends only from the mailbox itself: bounces then come to it without a name.
MAIL_RETURN_PATHS = flag("MAIL_RETURN_PATHS", MAIL_PLUS_ADDRESSES)
# What sends a delivery, by its channel; "<channel>/urgent" where what wakes somebody goes another way.
DELIVERY_SENDERS = {
    "email": "deliveries.senders.email.Sender",
    "email/urgent": "deliveries.senders.email.UrgentSender",
    "teams": "integrations.channels.teams.send.Sender",
    "webhook": "integrations.channels.webhook.send.Sender",
    "chat": "integrations.channels.chat.send.Sender",
    "webpush": "integrations.channels.webpush.send.Sender",
    "slack": "integrations.channels.slack.send.Sender",
    "sms": "integrations.channels.twilio.send.Sender",
    "voice": "integrations.channels.twilio.send.Sender",
}
# What becomes of what people answer there: a function of (Said, its channel, at), which gives words to say back.
CALLBACK_ANSWERER = "oncall.callbacks.answer"
# The providers' own addresses. Fixed: a token goes nowhere else.
SLACK_API = "https://slack.com/api"
TWILIO_API = "https://api.twilio.com"

# -- mail in ---------------------------------------------------------------------------------------------------------
MAIL_MAX_BYTES = int(os.environ.get("MAIL_MAX_BYTES", 40 * 1024 * 1024))
# Of one mail: files kept, and their bytes together. What is over is named in the message.
MAIL_FILES = int(os.environ.get("MAIL_FILES", "50"))
MAIL_FILES_BYTES = int(os.environ.get("MAIL_FILES_BYTES", 50 * 1024 * 1024))
# So many tickets one address may open by mail within an hour; what comes beyond waits for a person.
MAIL_TICKETS_PER_SENDER = int(os.environ.get("MAIL_TICKETS_PER_SENDER", "60"))
# Hosts inside our own network that may be dialled: names, addresses or networks.
INTERNAL_HOSTS = [entry.strip() for entry in os.environ.get("INTERNAL_HOSTS", "").split(",") if entry.strip()]
# Where SNS signs from and confirms subscriptions: nothing else is asked for them.
SNS_HOST = r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?"
# Where access tokens are asked for, by way of signing in. Fixed: a refresh token goes nowhere else.
MAIL_TOKEN_URLS = {
    "microsoft": "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    "google": "https://oauth2.googleapis.com/token",
}

# -- Celery ----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = paths.broker_url()
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 15,
    "socket_connect_timeout": 3,
    "queue_order_strategy": "priority",
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_TIME_LIMIT = 300
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(paths.data_dir() / "beat-schedule")

# -- API -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.tokens.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "helpdesk.problems.handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Helpdesk API",
    "DESCRIPTION": "Tickets, messages, forms and alert intake. Errors are RFC 9457 problem documents.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "EventKind": "tickets.models.Kind.choices",
        "TicketKind": "tickets.models.TicketKind.choices",
        "AskedKind": "tickets.serializers.ASKED_KINDS",
        "TicketStatus": "tickets.serializers.STATUSES",
        "OpenStatus": "tickets.serializers.OPEN_MOVES",
        "StatusAfterReply": "tickets.serializers.AFTER_REPLY",
        "Level": "tickets.models.Level.choices",
    },
}

# -- the rest --------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_DIR", paths.data_dir() / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "helpdesk.runtime.static.StaticFiles"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "jpg", "jpeg", "gif", "webp", "zip", "gz", "br", "woff", "woff2", "map")
LANGUAGE_CODE = "en-gb"
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_TZ = True
LIVE_MAX_STREAMS = int(os.environ.get("LIVE_MAX_STREAMS", "40"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
