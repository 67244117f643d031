"""The product's settings with a data folder of the test run's own."""

import os
import tempfile

os.environ.setdefault("TUNTAS_DATA", tempfile.mkdtemp(prefix="tuntas-test-"))

from tuntas.settings import *  # noqa: F403
from tuntas.settings import DATA, DATABASES, STORAGES, database

if os.environ.get("TUNTAS_TEST_ENGINE") == "postgres":
    DATABASES = {"default": database(os.environ["TUNTAS_TEST_POSTGRES_URL"])}
else:
    # A file, not memory: threads and the live server must see one database, as in production.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "test.sqlite3")}

# Argon2 costs 50 ms a sign-in by design; the suite signs in a thousand times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
