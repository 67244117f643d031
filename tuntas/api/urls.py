"""Addresses that other systems reach."""

from django.urls import path, re_path

from tuntas.api.access import door, unknown
from tuntas.api.invitations import api
from tuntas.api.pages import docs
from tuntas.api.results import router
from tuntas.replica import may_be_old

api.add_router("", router)
version_1 = api.urls
for pattern in version_1[0]:
    if pattern.callback is not None:
        # What anyone may read, without a token.
        is_open = pattern.name in ("results", "result")
        pattern.callback = door(may_be_old(pattern.callback) if is_open else pattern.callback)

urlpatterns = [
    path("api/v1/docs", door(docs), name="api-docs"),
    path("api/v1/", version_1),
    re_path(r"^api/", door(unknown), name="api-unknown"),
]
