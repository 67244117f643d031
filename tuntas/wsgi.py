"""The WSGI application that Granian serves: Django, with the short way of the public form before it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuntas.settings")
django = get_wsgi_application()

from django.urls import reverse  # noqa: E402  # models need Django to be set up

from tuntas.public.lane import Lane  # noqa: E402  # the same

# Every page and address is loaded before this process says that it can answer, not while the first visitor waits.
reverse("home")
application = Lane(django)
