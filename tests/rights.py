"""Who may read which planted words: docs/operate.md, "Who may do what", said field by field."""

from __future__ import annotations

from tests.planted import NAMES, planted_words
from tests.walking import Said

EVERYBODY = [
    "actionplan.action",
    "actionplan.cause",
    "actionplan.draft",
    "actionplan.person_in_charge",
    "audience.source",
    "edition.name",
    "evidence.content",
    "evidence.file_name",
    "evidence.label",
    "evidence.url",
    "feedback.text",
    "import.file_name",
    "obstacle.depends_on",
    "obstacle.resolution",
    "obstacle.text",
    "office.name",
    "paperbatch.name",
    "planstage.note",
    "progress.text",
    "question.text",
    "referral.addressee",
    "referral.number",
    "refusedrow.column",
    "refusedrow.reason",
    "refusedrow.value",
    "reopening.reason",
    "reply.text",
    "replytemplate.name",
    "service.name",
    "spammark.reason",
    "tablet.name",
    "texterasure.reason",
    "unit.name",
    "unit.short_name",
    "user.name",
    "vote.words",
]
# Office-wide roles; names of systems and of people asked in stand in the audit log.
READERS = [
    "aggregateimport.file_name",
    "apitoken.name",
    "exclusion.reason",
    "narrativetemplate.text",
    "office.city",
    "office.signatory_name",
    "office.signatory_title",
    "outsideoffice.name",
    "publication.file_name",
    "publication.name",
    "publication.url",
    "reportnumber.text",
    "signedfile.file_name",
    "staffinvitation.name",
    "stationery.letterhead",
    "stationery.signatory_rank",
    "wallscreen.name",
    "webhook.name",
]
ENTERING = ["papertyping.suggestion", "upload.excerpt"]
TEAM = [
    "deactivation.reason",
    "holiday.name",
    "privacynotice.texts",
    "publishedanswer.did",
    "publishedanswer.hidden",
    "publishedanswer.said",
    "staffinvitation.email",
    "user.email",
    "webhook.url",
]
ANSWERING = ["replytemplate.text"]
MAY_READ = {
    "team": {*EVERYBODY, *READERS, *ENTERING, *ANSWERING, *TEAM},
    "officer": {*EVERYBODY, *ENTERING, *ANSWERING},
    "head": {*EVERYBODY, *READERS, *ANSWERING},
    "auditor": {*EVERYBODY, *READERS},
    "ministry": {*EVERYBODY, *READERS},
}
# What anybody may read of an office on its public pages.
OPEN = set(
    [
        "actionplan.action",
        "historicalresult.source",
        "office.name",
        "privacynotice.texts",
        "publishedanswer.did",
        "publishedanswer.said",
        "reportnumber.text",
        "service.name",
        "unit.name",
        "unit.short_name",
    ]
)


def allowed(who: str) -> set[Said]:
    """Every planted word this person of office A may read, and meets on the walk."""
    fields = MAY_READ[who]
    mine = {"kantora", "unita1"} | (set() if who == "officer" else {"unita2"})
    found = {said for said in planted_words() if said[0] in mine and said[1] in fields}
    if who == "officer":
        return found | {("unita2", name) for name in NAMES}
    above = {("kantorm", "office.name")}  # stands on the papers of the offices below
    return found | above | ({("kantorm", "user.name")} if who == "ministry" else set())


# -- the public pages: name of the address, and what fills its places ----------------------------

PUBLIC: dict[str, list[str]] = {
    "landing": [],
    "socialaccount_login_cancelled": [],
    "survey-form": ["form"],
    "survey-privacy": ["form"],
    "survey-card": ["form"],
    "survey-receipt": ["form", "unknown"],
    "survey-preview": ["preview"],
    "service-badge": ["form"],
    "office-results": ["address"],
    "office-month": ["address", "month"],
    "unit-results": ["address", "unit-code"],
    "unit-month": ["address", "unit-code", "month"],
    "office-card": ["address"],
    "office-feed": ["address"],
    "office-data": ["address"],
    "office-data-file": ["address", "file"],
    "service-chooser": ["address"],
    "privacy-notice": ["address"],
    "privacy-version": ["address", "version"],
    "office-badge": ["address"],
    "tablet": ["tablet-key"],
    "tablet-worker": ["tablet-key"],
    "tablet-manifest": ["tablet-key"],
    "tablet-icon": ["tablet-key"],
    "tablet-sync": ["tablet-key"],
    "conversation-find": [],
    "conversation": ["tracking"],
    "holdings": ["tracking"],
    "holdings-file": ["tracking"],
    "office-answers": ["address"],
    "verify-find": [],
    "verify": ["report"],
    "wall": ["wall"],
    "calendar": ["unknown"],
    "healthz": [],
    "readyz": [],
    "metrics": [],
}
# Whoever holds the secret of such an address reads more than what is open.
BY_SECRET = {
    "survey-preview": {"question.text"},
    "conversation": {"feedback.text", "reply.text", "vote.words"},
    "holdings": {"feedback.text", "reply.text", "vote.words", "contact.email"},
    "holdings-file": {"feedback.text", "reply.text", "vote.words", "contact.email"},
    "wall": set(),
    "tablet": {"tablet.name"},
    "tablet-manifest": {"tablet.name"},
}


# -- the API -------------------------------------------------------------------------------------

SPAN = "from=2026-01&to=2026-02"
API = {
    "/services": [""],
    "/invitations": [""],
    "/index": [f"?{SPAN}", f"?{SPAN}&unit=satu", f"?{SPAN}&unit=dua&service=layanan"],
    "/rollup": [f"?{SPAN}"],
    "/feedback": ["", "?unit=dua", "?state=waiting", "?kind=spam", "?per_page=100"],
    "/plans": ["", "?unit=dua", "?stage=draft"],
    "/offices/{address}/results": ["", "?unit=satu"],
    "/offices/{address}/results/{month}": ["", "?unit=satu"],
}
BY_SCOPE = {
    "services": {"service.name"},
    "invitations": set(),
    "index": set(),
    "rollup": {"office.name", "outsideoffice.name"},
    "feedback": set(),
    "feedback.text": set(),  # opens nothing alone
    "plans": {"actionplan.action", "actionplan.draft"},
}
WITH_ALL = {what for scope in BY_SCOPE.values() for what in scope} | {"feedback.text"}
RESULTS = {"office.name", "historicalresult.source"}
