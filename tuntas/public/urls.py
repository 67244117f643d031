"""Addresses that citizens reach."""

from django.urls import path, register_converter

from tuntas.law.months import Month
from tuntas.public import (
    calendar,
    chooser,
    conversation,
    health,
    open_data,
    pages,
    privacy,
    results,
    survey,
    tablet,
    wall,
)


class MonthConverter:
    """`2023-01` in an address; another text is another address."""

    regex = r"\d{4}-\d{2}"
    to_python = staticmethod(Month.parse)
    to_url = staticmethod(str)


register_converter(MonthConverter, "month")

urlpatterns = [
    path("", pages.landing, name="landing"),
    path("s/<slug:token>/", survey.survey_form, name="survey-form"),
    path("s/<slug:token>/privacy/", survey.survey_privacy, name="survey-privacy"),
    path("s/<slug:token>/card.png", survey.survey_card, name="survey-card"),
    path("s/<slug:token>/receipt/<str:signed>/", survey.survey_receipt, name="survey-receipt"),
    path("e/<str:key>/", survey.survey_preview, name="survey-preview"),
    path("s/<slug:token>/badge.svg", chooser.service_badge, name="service-badge"),
    path("o/<str:address>/", results.office_results, name="office-results"),
    path("o/<str:address>/<month:month>/", results.office_results, name="office-month"),
    path("o/<str:address>/unit/<slug:code>/", results.unit_results, name="unit-results"),
    path(
        "o/<str:address>/unit/<slug:code>/<month:month>/", results.unit_results, name="unit-month"
    ),
    path("o/<str:address>/card/", results.office_card, name="office-card"),
    path("o/<str:address>/feed.atom", open_data.office_feed, name="office-feed"),
    path("o/<str:address>/data/", open_data.data_page, name="office-data"),
    path("o/<str:address>/data/<str:name>", open_data.data_file, name="office-data-file"),
    path("o/<str:address>/services/", chooser.service_chooser, name="service-chooser"),
    path("o/<str:address>/privacy/", privacy.privacy_notice, name="privacy-notice"),
    path("o/<str:address>/privacy/<int:version>/", privacy.privacy_notice, name="privacy-version"),
    path("o/<str:address>/badge.svg", chooser.office_badge, name="office-badge"),
    path("d/<slug:key>/", tablet.tablet_page, name="tablet"),
    path("d/<slug:key>/sw.js", tablet.tablet_worker, name="tablet-worker"),
    path("d/<slug:key>/app.webmanifest", tablet.tablet_manifest, name="tablet-manifest"),
    path("d/<slug:key>/icon.svg", tablet.tablet_icon, name="tablet-icon"),
    path("d/<slug:key>/sync", tablet.tablet_sync, name="tablet-sync"),
    path("t/", conversation.conversation_find, name="conversation-find"),
    path("t/<str:code>/", conversation.conversation, name="conversation"),
    path("t/<str:code>/data/", privacy.holdings, name="holdings"),
    path("t/<str:code>/data.json", privacy.holdings_file, name="holdings-file"),
    path("o/<str:office>/answers/", conversation.office_answers, name="office-answers"),
    path("v/", pages.verify_find, name="verify-find"),
    path("v/<str:code>/", pages.verify, name="verify"),
    path("w/<slug:key>/", wall.wall, name="wall"),
    path("calendar/<slug:key>.ics", calendar.calendar, name="calendar"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
