"""The WSGI application that Granian serves: Django, with the short way of the public form before it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tuntas.settings")
django = get_wsgi_application()

from tuntas.public.lane import Lane  # noqa: E402  # models need Django to be set up

application = Lane(django)
