"""The product's settings with a data folder of the test run's own."""

import os
import tempfile
from pathlib import Path

folder = Path(os.environ.get("TUNTAS_DATA") or tempfile.mkdtemp(prefix="tuntas-test-"))
# Processes that test side by side have databases of their own, in which the same keys name other
# things: with one folder for their files, one would delete what the other just received.
worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if worker and folder.name != worker:
    folder /= worker
    folder.mkdir(exist_ok=True)
os.environ["TUNTAS_DATA"] = str(folder)

from tuntas.settings import *  # noqa: E402, F403
from tuntas.settings import DATA, DATABASES, STORAGES, database  # noqa: E402

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
