"""Every address of the system: what citizens reach, then what staff reach."""

from django.urls import include, path

urlpatterns = [
    path("", include("tuntas.public.urls")),
    path("", include("tuntas.staff.urls")),
]
