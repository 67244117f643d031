"""Only these of allauth's views; there is no self sign-up."""

from allauth.account import views
from django.conf import settings
from django.urls import include, path, re_path

urlpatterns = [
    path(
        "login/",
        views.LoginView.as_view(
            extra_context={"sso_name": settings.OIDC_NAME if settings.OIDC_URL else ""}
        ),
        name="account_login",
    ),
    path("", include("tuntas.staff.sign_ins")),
    path("sso/", include("tuntas.staff.single_sign_on")),
    path("second-step/", include("allauth.mfa.urls")),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("logout/", views.logout, name="account_logout"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
