"""Addresses that staff reach: nouns, one module each."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("tuntas.staff.accounts_urls")),
    path("", include("tuntas.staff.office")),
    path("home/", include("tuntas.staff.home")),
    path("feedback/", include("tuntas.staff.inbox")),
    path("overview/", include("tuntas.staff.overview")),
    path("overview/wall/", include("tuntas.staff.walls")),
    path("notices/", include("tuntas.staff.notices")),
    path("feedback/", include("tuntas.staff.feedback")),
    path("feedback/", include("tuntas.staff.batches")),
    path("feedback/", include("tuntas.staff.answering")),
    path("plans/", include("tuntas.staff.plans")),
    path("plans/", include("tuntas.staff.progress")),
    path("periods/", include("tuntas.staff.periods")),
    path("periods/", include("tuntas.staff.quality")),
    path("publications/", include("tuntas.staff.publications")),
    path("reports/", include("tuntas.staff.reports")),
    path("imports/", include("tuntas.staff.imports")),
    path("imports/", include("tuntas.staff.mapping")),
    path("tablets/", include("tuntas.staff.tablets")),
    path("questionnaires/", include("tuntas.staff.editions")),
    path("questionnaires/", include("tuntas.staff.questions")),
    path("audiences/", include("tuntas.staff.audiences")),
    path("", include("tuntas.staff.channels")),
    path("assisted/", include("tuntas.staff.assisted")),
    path("papers/", include("tuntas.staff.papers")),
    path("services/", include("tuntas.staff.services")),
    path("services/", include("tuntas.staff.codes")),
    path("", include("tuntas.staff.tokens")),
]
