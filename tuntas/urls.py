"""Every address of the system: what citizens reach, what other systems reach, what staff reach."""

from django.urls import include, path

urlpatterns = [
    path("", include("tuntas.public.urls")),
    path("", include("tuntas.api.urls")),
    path("", include("tuntas.staff.urls")),
]
