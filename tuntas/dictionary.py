"""The data dictionary: every table and column there is, and whether a person stands in it.

A test compares it with the database itself, so that no column can be added without saying what it
holds; docs/data-dictionary.md is written from it (`tuntas dictionary`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

PERSONAL, PERHAPS, NONE = "personal", "may contain personal", "none"
SIGNS = {"!": PERSONAL, "~": PERHAPS}

# "!" tells of a person by itself (also who of the staff did something); "~" a text or a file in which
# somebody may have written of a person, or what with other knowledge may lead to one; else nothing.
MARKS = {
    "account_emailaddress": "id user_id! email! verified primary",
    "account_emailconfirmation": "id email_address_id created sent key",
    "auth_group": "id name",
    "auth_group_permissions": "id group_id permission_id",
    "auth_permission": "id name content_type_id codename",
    "django_content_type": "id app_label model",
    "django_migrations": "id app name applied",
    "django_session": "session_key session_data! expire_date",
    "mfa_authenticator": "id user_id! type data! created_at! last_used_at!",
    "socialaccount_socialaccount": (
        "id user_id! provider uid! last_login! date_joined! extra_data"
    ),
    "socialaccount_socialapp": "id provider provider_id name client_id secret key settings",
    "socialaccount_socialtoken": "id app_id account_id token token_secret expires_at",
    "tuntas_actionplan": (
        "id office_id unit_id survey_month element cause~ action~ horizon person_in_charge~ "
        "due_on start_month end_month completion_id created_at created_by_id!"
    ),
    "tuntas_actionplan_words": "rowid said~",
    "tuntas_actionplan_source_feedback": "id actionplan_id feedback_id",
    "tuntas_aggregateimport": (
        "id office_id file_name~ sha256 text~ at by_id! confirmed_at confirmed_by_id! "
        "cancelled_at cancelled_by_id!"
    ),
    "tuntas_apitoken": (
        "id office_id name~ scopes sha256 made_by_id! made_at expires_on revoked_at "
        "revoked_by_id! last_used_on"
    ),
    "tuntas_audience": "id office_id service_id year size source~",
    "tuntas_batch": "id office_id act items~ by_id! at undone_by_id! undone_at",
    "tuntas_cache": "cache_key~ value~ expires",
    "tuntas_calendarfeed": "id key_sha256 made_at revoked_at user_id!",
    "tuntas_chore": "id lease_holder leased_until tries given_up_at name due_at done_at",
    "tuntas_closure": "id period_id number at by_id! content~ sha256",
    "tuntas_closurecount": (
        "month n asked own_weights scale means_scale has_instruments answered_1 answered_2 "
        "answered_3 answered_4 answered_5 answered_6 answered_7 answered_8 answered_9 total_1 "
        "total_2 total_3 total_4 total_5 total_6 total_7 total_8 total_9 means means_total "
        "means_squares closure_id office_id"
    ),
    "tuntas_closureproof": "id closure_id secret texts editions",
    "tuntas_closureslices": "closure_id content",
    "tuntas_contact": "id feedback_id email! given_at told_at notice_version",
    "tuntas_dayseal": "id office_id month number day n root secret leaves at",
    "tuntas_deactivation": "id person_id! office_id reason~ at by_id! ended_at ended_by_id!",
    "tuntas_delivery": (
        "id lease_holder leased_until tries given_up_at hook_id uid event key happened_at data "
        "made_at not_before first_at attempts last_error delivered_at"
    ),
    "tuntas_deputy": "id office_id person_id! deputy_id! begins~ until~ at by_id! ended_at",
    "tuntas_edition": (
        "id questionnaire_id number name fee_question own_weights published_at published_by_id! "
        "made_by_id! made_at changed_by_id! changed_at before~"
    ),
    "tuntas_editionstart": (
        "id office_id service_id edition_id replaces_id month made_by_id! made_at "
        "withdrawn_by_id! withdrawn_at"
    ),
    "tuntas_erased": "id office_id kind n at",
    "tuntas_event": "id at by_id! office_id action about details~",
    "tuntas_evidence": (
        "id at by_id! file_name~ content_type sha256 file_bytes plan_id label~ url~ checked_at "
        "check_state http_status erased_at"
    ),
    "tuntas_excludedresponse": "id office_id exclusion_id response_id",
    "tuntas_exclusion": (
        "id office_id month reason~ n proposed_by_id! proposed_at decided_by_id! decided_at "
        "accepted"
    ),
    "tuntas_feedback": (
        "id office_id unit_id service_id month received_at text~ kind due_on assignee_id! "
        "code_sha256 split_from_id waits answered_at answered_as"
    ),
    "tuntas_feedback_words": "rowid said~ replies~",
    "tuntas_historicalresult": "id office_id unit_id service_id month converted n source~",
    "tuntas_holiday": "id office_id date name is_worked by_id! at",
    "tuntas_hookmark": "id table low upcoming marked_at",
    "tuntas_idempotencykey": "id token_id key_sha256 request_sha256 uid at",
    "tuntas_import": (
        "id lease_holder leased_until tries given_up_at office_id service_id file_name~ "
        "file_bytes sha256 uploaded_at uploaded_by_id! mapping~ header_sha256 mapped_at "
        "summary~ checked_at problem~ confirmed_at confirmed_by_id! cancelled_at "
        "cancelled_by_id! done stored known moved months finished_at"
    ),
    "tuntas_invitation": "id service_id batch_id place expires_on code_sha256",
    "tuntas_invitationbatch": (
        "id office_id service_id kind n made_on made_by_id! token_id month expires_on "
        "revoked_on revoked_by_id! used used_by_day"
    ),
    "tuntas_invitedpost": "id invitation_id role unit_id",
    "tuntas_mailpreference": "id user_id! mode",
    "tuntas_membership": "id user_id! office_id unit_id role",
    "tuntas_merge": "id main_id merged_id by_id! at undone_by_id! undone_at",
    "tuntas_narrativetemplate": "id office_id kind section text~ at by_id!",
    "tuntas_notice": (
        "id lease_holder leased_until tries given_up_at person_id! office_id kind about path "
        "due_on key feedback_id plan_id month closure_id is_item within_id made_at not_before "
        "attempts last_error~ handed_at sent_at perhaps_sent_at withdrawn_at"
    ),
    "tuntas_obstacle": (
        "id at by_id! plan_id text~ depends_on~ resolved_on resolved_at resolved_by_id! resolution~"
    ),
    "tuntas_office": (
        "id code name parent_id path city time_zone weights signatory_title signatory_name! "
        "signatory_employee_id! signature_anchor licence second_step_required is_demo"
    ),
    "tuntas_officeidentity": "id office_id uid",
    "tuntas_outsideclosure": (
        "id month n asked own_weights scale means_scale has_instruments answered_1 answered_2 "
        "answered_3 answered_4 answered_5 answered_6 answered_7 answered_8 answered_9 total_1 "
        "total_2 total_3 total_4 total_5 total_6 total_7 total_8 total_9 means means_total "
        "means_squares office_id uid number closed_at sha256 content~ brought_by_id"
    ),
    "tuntas_outsidekey": "id parent_id signer key at by_id! reason~ brought_by_id",
    "tuntas_outsideoffice": "id parent_id uid path name brought_by_id",
    "tuntas_paperbatch": "id office_id service_id edition_id key name~ size made_by_id! made_at",
    "tuntas_papersheet": "id batch_id number verified_at verified_by_id! month",
    "tuntas_papertyping": "id sheet_id place answers~ profile~ day suggestion~ by_id! at",
    "tuntas_period": "id office_id month",
    "tuntas_planrevision": "id at by_id! plan_id before~",
    "tuntas_planstage": "id at by_id! plan_id stage note~",
    "tuntas_privacynotice": "id office_id version texts~ from_at at by_id!",
    "tuntas_progress": (
        "id at by_id! plan_id kind text~ on until month_only done_on done_at done_by_id! "
        "withdrawn_at withdrawn_by_id! corrects_id place"
    ),
    "tuntas_publication": (
        "id file_name~ content_type sha256 file_bytes office_id span kind name~ on url~ at "
        "by_id! withdrawn_at withdrawn_by_id!"
    ),
    "tuntas_publishedanswer": (
        "id office_id feedback_id said~ did~ written_by_id! written_at published_by_id! "
        "published_at unpublished_by_id! unpublished_at"
    ),
    "tuntas_question": "id edition_id position element instrument statement text options",
    "tuntas_questionnaire": "id office_id code name",
    "tuntas_referral": "id reply_id destination addressee~ number on",
    "tuntas_refusedrow": "id of_id line column value~ reason",
    "tuntas_reminderrules": (
        "id office_id feedback_before feedback_team feedback_head plan_before plan_every "
        "close_after"
    ),
    "tuntas_reopened": "id feedback_id at message_id",
    "tuntas_reopening": "id closure_id at by_id! reason~",
    "tuntas_reply": "id feedback_id at by_id! text~ way template_id withdrawn_by_id! withdrawn_at",
    "tuntas_replytemplate": "id office_id name text~ made_by_id! made_at retired_by_id! retired_at",
    "tuntas_report": "id office_id kind span cut_off title~ content~ content_sha256 code made_at made_by_id!",
    "tuntas_reportnumber": "id report_id office_id year ordinal text~",
    "tuntas_reportorder": (
        "id lease_holder leased_until tries given_up_at office_id kind span unit_id service_id "
        "cut_off outline paper at by_id! report_id refusal~"
    ),
    "tuntas_response": (
        "office_id id service_id edition_id month received_at answered_on channel answers~ "
        "profile~ seconds signs with_code"
    ),
    "tuntas_retentionchoice": "id office_id kind amount at by_id!",
    "tuntas_service": (
        "id office_id unit_id code name token edition_id standing_from coming_edition_id "
        "coming_from closed_at codes"
    ),
    "tuntas_setupcode": "id sha256 made_at used_at",
    "tuntas_signedfile": "id file_name~ content_type sha256 file_bytes report_id at by_id!",
    "tuntas_signin": "id person_id! key! device! began_at! seen_at! ended_at!",
    "tuntas_spammark": "id feedback_id reason~ kind_before by_id! at undone_by_id! undone_at",
    "tuntas_staffinvitation": (
        "id office_id email! name! sha256 made_at made_by_id! expires_at sent_at accepted_at "
        "accepted_by_id! withdrawn_at withdrawn_by_id!"
    ),
    "tuntas_stationery": "id office_id letterhead~ logo~ number_pattern signatory_rank! paper",
    "tuntas_tablet": (
        "id office_id service_id kind name~ key_sha256 made_by_id! made_at revoked_at "
        "last_seen_at waiting"
    ),
    "tuntas_texterasure": "id feedback_id cause reason~ at by_id!",
    "tuntas_unit": "id office_id code name short_name position",
    "tuntas_upload": "id lease_holder leased_until tries given_up_at of_id stored_as~ excerpt~ first~",
    "tuntas_user": "id password! last_login! email! name! is_active joined_at!",
    "tuntas_vote": "id reply_id feedback_id helped words~ at",
    "tuntas_wallscreen": "id key_sha256 made_at revoked_at office_id name~ made_by_id! revoked_by_id!",
    "tuntas_webhook": (
        "id office_id name~ url~ events salt old_salt old_until made_by_id! made_at after_event "
        "after_feedback off_by_id! off_at paused_at failing_since failures rests_until"
    ),
    "tuntas_worker": "id name started_at seen_at",
}

# What tables hold that are not ours, or whose class says nothing of it.
OTHERS = {
    "tuntas_cache": "Counters of the lock-out, by a hash of the address, for minutes.",
    "tuntas_chore": "What the background loop does again and again, and when it is next due.",
    "tuntas_actionplan_source_feedback": "Which suggestions an action plan answers.",
    "tuntas_feedback_words": (
        "The index of the search: the words of a suggestion and of the messages about it. The database "
        "keeps it and forgets what is erased; no backup holds it. SQLite (FTS5) stores it in tables of its own."
    ),
    "tuntas_actionplan_words": "The index of the search: the words of an action plan.",
    "django_migrations": "Which changes of the tables were made.",
    "django_session": "Who is signed in, until it ends.",
    "django_content_type": "Names of the tables.",
    "auth_group": "Not used.",
    "auth_group_permissions": "Not used.",
    "auth_permission": "Not used.",
    "account_emailaddress": "Addresses of staff as the sign-in knows them.",
    "socialaccount_socialaccount": "Who of the staff the office's identity provider means by a name.",
    "socialaccount_socialapp": "Always empty: the identity provider stands in the settings.",
    "socialaccount_socialtoken": "Always empty: tokens of the identity provider are not kept.",
    "mfa_authenticator": "The second step of staff: secrets of apps, recovery codes, passkeys.",
    "account_emailconfirmation": "Not used: addresses are not confirmed by mail.",
}


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    refers_to: str  # table, or empty
    mark: str


@dataclass(frozen=True)
class Table:
    name: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def marked(self) -> list[Column]:
        """Columns in which a person stands or may stand."""
        return [column for column in self.columns if column.mark != NONE]


def marks_of(table: str) -> dict[str, str]:
    """Mark of every column of a table."""
    return {word.rstrip("!~"): SIGNS.get(word[-1], NONE) for word in MARKS[table].split()}


def tables() -> list[Table]:
    """All tables, by name. Raises KeyError for a table or a column that has no mark."""
    known = {each._meta.db_table: each for each in apps.get_models(include_auto_created=True)}
    return [table_of(name, known.get(name)) for name in sorted(set(known) | set(MARKS))]


def table_of(name: str, model: type[models.Model] | None) -> Table:
    marks = marks_of(name)
    if model is None:
        columns = tuple(Column(each, "", "", mark) for each, mark in marks.items())
    else:
        fields = [field for field in model._meta.concrete_fields if field.column]
        columns = tuple(column_of(field, marks[str(field.column)]) for field in fields)
    return Table(name, meaning_of(name, model), columns)


def column_of(field: models.Field[Any, Any], mark: str) -> Column:
    related = field.remote_field.model._meta.db_table if field.remote_field else ""
    return Column(str(field.column), field.get_internal_type().removesuffix("Field"), related, mark)


def meaning_of(name: str, model: type[models.Model] | None) -> str:
    """The first sentence of the class, which is where the meaning of a table is kept."""
    if name in OTHERS or model is None:
        return OTHERS[name]
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())


HEAD = """\
# Data dictionary

Written by `tuntas dictionary` from `tuntas/dictionary.py`; do not edit it by hand (a test compares
it with the database). A column is **personal** when it tells of a person by itself, which includes
who of the staff did something; it **may contain personal** data when it is a text or file in which
somebody may have written of a person, or something that with other knowledge may lead to one.
What it is for and how long it is kept: page *Catatan pemrosesan* and docs/data.md.
"""


def markdown() -> str:
    """The whole dictionary as a document."""
    parts = [HEAD]
    for table in tables():
        parts.append(f"## {table.name}\n\n{table.meaning}\n")
        parts.append("| column | type | refers to | personal |\n|---|---|---|---|")
        parts += [
            f"| {each.name} | {each.kind} | {each.refers_to} | {each.mark} |"
            for each in table.columns
        ]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"
