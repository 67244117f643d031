"""Environment to settings. Every variable is read once, typed, and refused when unsafe.

The variables and their meaning stand in docs/install.md; a test keeps both lists equal.
"""

import ipaddress
import os
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from tuntas import __version__

PACKAGE = Path(__file__).resolve().parent


def env_str(name: str, default: str) -> str:
    """Text variable; a variable `NAME_FILE` names a file holding the value (for secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE={path}: berkas tidak dapat dibaca ({error.strerror}). "
                f"Perbaiki jalurnya atau hak aksesnya."
            ) from error
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    """`1/true/yes` or `0/false/no`; anything else is refused rather than guessed."""
    text = env_str(name, "").lower()
    if text == "":
        return default
    if text in {"1", "true", "yes"}:
        return True
    if text in {"0", "false", "no"}:
        return False
    raise ImproperlyConfigured(f"{name}={text!r}: isi dengan 1 atau 0.")


def env_int(name: str, default: int, *, least: int, most: int) -> int:
    """Whole number between `least` and `most`, both included."""
    text = env_str(name, str(default))
    if not text.isdigit() or not least <= int(text) <= most:
        raise ImproperlyConfigured(
            f"{name}={text!r}: isi dengan bilangan bulat {least} sampai {most}."
        )
    return int(text)


def env_list(name: str, default: list[str]) -> list[str]:
    """Comma-separated list without empty items."""
    text = env_str(name, ",".join(default))
    return [item.strip() for item in text.split(",") if item.strip()]


def env_networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Comma-separated networks like 10.1.0.0/16. Raises ImproperlyConfigured for anything else."""
    try:
        return [ipaddress.ip_network(text) for text in env_list(name, [])]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}: {error}. Tulis jaringan seperti 10.1.0.0/16, dipisahkan koma."
        ) from None


DATA = Path(env_str("TUNTAS_DATA", str(Path.cwd() / "data"))).resolve()
DEBUG = env_bool("TUNTAS_DEBUG", False)
ALLOWED_HOSTS = env_list("TUNTAS_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
HTTPS = env_bool("TUNTAS_HTTPS", False)
PUBLIC_URL = env_str("TUNTAS_PUBLIC_URL", f"http://127.0.0.1:{env_str('PORT', '8000')}").rstrip("/")
# Whose X-Forwarded-For is believed: the office's own servers in front of this one.
PROXIES = env_list("TUNTAS_PROXIES", ["127.0.0.1", "::1"])
# Networks that are not public but may be visited to look whether a link of evidence still opens.
LINK_NETWORKS = env_networks("TUNTAS_LINK_NETWORKS")

# Who may read /metrics beside this very machine: networks, or whoever has the token.
METRICS_NETWORKS = env_networks("TUNTAS_METRICS_NETWORKS")
METRICS_TOKEN = env_str("TUNTAS_METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured("TUNTAS_METRICS_TOKEN terlalu pendek: paling sedikit 20 huruf.")

# The office's own identity provider (OpenID Connect), where people may sign in beside the password.
OIDC_URL = env_str("TUNTAS_OIDC_URL", "").rstrip("/")
OIDC_CLIENT_ID = env_str("TUNTAS_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env_str("TUNTAS_OIDC_CLIENT_SECRET", "")
OIDC_NAME = env_str("TUNTAS_OIDC_NAME", "SSO kantor")
if OIDC_URL and not OIDC_CLIENT_ID:
    raise ImproperlyConfigured("TUNTAS_OIDC_URL terisi; isi juga TUNTAS_OIDC_CLIENT_ID.")
if OIDC_URL and not re.match(r"https://|http://(127\.0\.0\.1|localhost)(:|/|$)", OIDC_URL):
    raise ImproperlyConfigured(
        f"TUNTAS_OIDC_URL={OIDC_URL!r}: awali dengan https://. Tanpa itu siapa pun di jaringan "
        "dapat masuk sebagai orang lain."
    )

if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "TUNTAS_HOSTS berisi '*': tautan dalam surel dan dokumen dapat dipalsukan. "
        "Tulis nama host kantor, misalnya skm.kantor.go.id."
    )
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
if DEBUG and not set(ALLOWED_HOSTS) <= LOOPBACK:
    raise ImproperlyConfigured(
        "TUNTAS_DEBUG=1 hanya boleh untuk 127.0.0.1/localhost: halaman galat membuka isi server."
    )
if not PUBLIC_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured(
        f"TUNTAS_PUBLIC_URL={PUBLIC_URL!r}: awali dengan http:// atau https://."
    )
if HTTPS and not PUBLIC_URL.startswith("https://"):
    raise ImproperlyConfigured("TUNTAS_HTTPS=1 tetapi TUNTAS_PUBLIC_URL bukan https://.")


def secret_key() -> str:
    """The signing key: from the environment, else made once and kept in the data folder."""
    given = env_str("TUNTAS_SECRET_KEY", "")
    if given:
        if len(given) < 50:
            raise ImproperlyConfigured("TUNTAS_SECRET_KEY terlalu pendek: paling sedikit 50 huruf.")
        return given
    path = DATA / "secret-key"
    try:
        DATA.mkdir(parents=True, exist_ok=True)
        # O_EXCL: of two processes that start at once exactly one makes the key.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"Folder data {DATA} tidak dapat ditulisi ({error.strerror}). "
            "Isi TUNTAS_DATA dengan folder yang dapat ditulisi."
        ) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(64)
        file.write(key)
    return key


SECRET_KEY = secret_key()


# A database that falls silent (a cable, a switched-off machine) must not hold a thread for the quarter of
# an hour that TCP waits by itself. Seconds, but tcp_user_timeout in milliseconds; the URL may say others.
PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


def database(url: str, patience: dict[str, str] = PATIENCE) -> dict[str, object]:
    """Django's database entry for `sqlite:///path` or `postgresql://user:pass@host:port/name`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = Path(unquote(parts.path[1:])) if parts.path[1:] else DATA / "tuntas.sqlite3"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
            # A connection lives as long as its thread: closing the last one checkpoints and
            # removes the WAL under load, which is slow and was seen to go wrong.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                    "PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;"
                    # What is erased is written over; many builds of SQLite leave it in free space.
                    "PRAGMA secure_delete=ON;"
                ),
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.pop("host", parts.hostname or ""),
            "PORT": str(parts.port or query.pop("port", "")),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": patience | query,
        }
    raise ImproperlyConfigured(
        f"TUNTAS_DATABASE_URL: skema {parts.scheme!r} tidak dikenal. "
        "Gunakan sqlite:///jalur atau postgresql://pengguna:sandi@host:5432/nama."
    )


def public_languages(text: str) -> dict[str, str]:
    """Languages of the public form, in the order of its buttons: `id,en,jv=Basa Jawa`."""
    names = {"id": "Indonesia", "en": "English", "ban": "Bali"}
    chosen: dict[str, str] = {}
    for part in text.split(","):
        code, _sign, name = (word.strip() for word in part.partition("="))
        if not re.fullmatch("[a-z]{2,3}", code) or not (name or code in names):
            raise ImproperlyConfigured(
                f"TUNTAS_LANGUAGES: {part!r} tidak dikenal. Tulis kode dan nama, misalnya "
                "id,en,jv=Basa Jawa."
            )
        chosen[code] = name or names[code]
    if "id" not in chosen:
        raise ImproperlyConfigured("TUNTAS_LANGUAGES: id (bahasa Indonesia) harus ada.")
    return chosen


DATABASES = {"default": database(env_str("TUNTAS_DATABASE_URL", "sqlite:///"))}


# A copy that is away must be given up sooner than the database itself: there is another to ask.
IMPATIENCE = {"connect_timeout": "2", "keepalives_idle": "5", "tcp_user_timeout": "5000"}


def replica(url: str) -> dict[str, object]:
    """Django's entry for a streaming replica of PostgreSQL, over connections that cannot write."""
    is_postgres = str(DATABASES["default"]["ENGINE"]).endswith("postgresql")
    if not is_postgres or not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(
            "TUNTAS_REPLICA_URL: replika hanya untuk PostgreSQL; TUNTAS_DATABASE_URL pun harus "
            "postgresql://…"
        )
    read_only = quote("-c default_transaction_read_only=on")
    return database(f"{url}{'&' if '?' in url else '?'}options={read_only}", PATIENCE | IMPATIENCE)


# Pages that may be a moment old read from here (tuntas/replica.py), while it is that near.
REPLICA_SECONDS = env_int("TUNTAS_REPLICA_SECONDS", 10, least=1, most=3600)
if replica_url := env_str("TUNTAS_REPLICA_URL", ""):
    DATABASES["replica"] = replica(replica_url)
    DATABASE_ROUTERS = ["tuntas.replica.Router"]
# SQLite has one writer: more processes would only wait for each other's lock.
WORKERS = env_int(
    "TUNTAS_WORKERS",
    1 if str(DATABASES["default"]["ENGINE"]).endswith("sqlite3") else 2,
    least=1,
    most=64,
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "tuntas",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *(["allauth.socialaccount.providers.openid_connect"] if OIDC_URL else []),
    "csp",
]
MIDDLEWARE = [
    "tuntas.measures.measure_middleware",
    "tuntas.headers.headers_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tuntas.staff.language.language_middleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tuntas.staff.sign_ins.SignInMiddleware",
    "tuntas.typed.AddressMiddleware",
]
ROOT_URLCONF = "tuntas.urls"
WSGI_APPLICATION = "tuntas.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["tuntas.templatetags.tuntas", "django.templatetags.i18n"],
        },
    }
]

# -- people ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tuntas.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "tuntas.staff.accounts.ClosedSignup"
ACCOUNT_FORMS = {"login": "tuntas.staff.accounts.SignInForm"}
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PREVENT_ENUMERATION = True
# Nobody can sign up, so there is nothing to write to an address without an account.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Wrong passwords: 10 a minute from one address, 5 in five minutes for one e-mail address.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/300s/key"}
# The second step: an app's codes, passkeys, and ten codes on paper for the day the phone is lost.
MFA_ADAPTER = "tuntas.staff.second_step.SecondStep"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tuntas"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from the survey team, not from strangers
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # http://localhost; browsers refuse the rest
# Single sign-on is one more way in for people who were invited, never a way to become one.
SOCIALACCOUNT_ADAPTER = "tuntas.staff.single_sign_on.SingleSignOn"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = True  # a plain link: form-action of the CSP would stop a form there
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_URL},
            }
        ],
    }
}

# The counters of the lock-out must be shared by all worker processes and survive a restart.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tuntas_cache",
    }
}

# -- security ----------------------------------------------------------------------------------
SESSION_COOKIE_NAME = "tuntas_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_SSL_REDIRECT = HTTPS
# Asked from inside, without the server in front: by containers, balancers and Prometheus.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # data: for the QR codes and the charts inside a page
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_PERMISSIONS = 0o640
EVIDENCE_MAX_BYTES = env_int("TUNTAS_EVIDENCE_MAX_MB", 10, least=1, most=100) * 1024 * 1024

# -- files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static" / __version__  # the version before still serves while this one starts
MEDIA_ROOT = DATA / "files"
BACKUP_MARK = DATA / "last-backup"  # its time is that of the last backup
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Names carry a hash of the content, so browsers may keep every file for ever.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# -- language and time -------------------------------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]  # of the staff pages
# Languages of the office's own: texts in LANGUAGE/LC_MESSAGES/django.po, questions in *.json.
LANGUAGES_FOLDER = DATA / "languages"
# The program's folder may be closed to the account that serves: what is compiled of it stands here.
COMPILED_FOLDER = DATA / "compiled"
LOCALE_PATHS = [LANGUAGES_FOLDER, COMPILED_FOLDER, PACKAGE / "locale"]
PUBLIC_LANGUAGES = public_languages(env_str("TUNTAS_LANGUAGES", "id,en,ban"))
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_str("TUNTAS_TIME_ZONE", "Asia/Jakarta")

# -- mail --------------------------------------------------------------------------------------
EMAIL_HOST = env_str("TUNTAS_SMTP_HOST", "")
EMAIL_PORT = env_int("TUNTAS_SMTP_PORT", 25, least=1, most=65535)
EMAIL_HOST_USER = env_str("TUNTAS_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env_str("TUNTAS_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env_bool("TUNTAS_SMTP_STARTTLS", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env_str("TUNTAS_MAIL_FROM", "tuntas@localhost")
if not EMAIL_HOST:
    # Without a mail server a password link must not vanish: it goes to the server's console.
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# -- logging: one line per fact, on stderr; never answers, texts, codes or addresses -------------
LOG_FORMAT = env_str("TUNTAS_LOG_FORMAT", "line")
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured(f"TUNTAS_LOG_FORMAT={LOG_FORMAT!r}: isi dengan line atau json.")
LOG_REQUESTS = env_bool("TUNTAS_LOG_REQUESTS", False)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "tuntas.logs.JsonLines"},
    },
    "filters": {"without_secrets": {"()": "tuntas.logs.WithoutSecrets"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["without_secrets"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"tuntas": {"level": env_str("TUNTAS_LOG_LEVEL", "INFO")}},
}
