"""Addresses that citizens reach."""

from django.urls import path

from tuntas.public import pages, survey

urlpatterns = [
    path("", pages.landing, name="landing"),
    path("s/<slug:token>/", survey.survey_form, name="survey-form"),
    path("s/<slug:token>/receipt/<str:signed>/", survey.survey_receipt, name="survey-receipt"),
    path("t/", pages.conversation_find, name="conversation-find"),
    path("t/<str:code>/", pages.conversation, name="conversation"),
    path("v/", pages.verify_find, name="verify-find"),
    path("v/<str:code>/", pages.verify, name="verify"),
    path("healthz", pages.healthz, name="healthz"),
]
