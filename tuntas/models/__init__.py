"""The tables, one file per noun. Inside this package imports point to the left in this list:

codes ← signing ← audit ← leases ← people ← sign_ins ← offices ← setup_codes ← staff_invitations ←
privacy ← erased ← audiences ← drafts ← surveys ← starts ← periods ← exclusions ← holidays ←
reply_templates ← feedback ← search ← tokens ← idempotency ← invitations ← shares ← outcomes ←
conversations ← erasures ← batches ← published ← deadlines ← responses ← spreadsheets ← tablets ←
papers ← seals ← counts ← tabulations ← slices ← closures ← proofs ← results ← releases ← outside ←
places ← rollups ← tally_check ← aggregate_file ← aggregates ← adequacy ← breakdowns ← analyses ← progress ←
evidence ← publications ← plans ← effects ← stationery ← reports ← evaluations ← webhooks ←
happenings ← addresses ← reminders ← notices ← retention ← chores ← monitoring
"""

from tuntas.models.addresses import CalendarFeed, WallScreen
from tuntas.models.audiences import Audience
from tuntas.models.audit import Event
from tuntas.models.batches import Batch, BatchAct
from tuntas.models.chores import Chore
from tuntas.models.closures import Closure, HistoricalResult, Reopening
from tuntas.models.conversations import Contact, Helped, Reopened, Vote
from tuntas.models.counts import ClosureCount
from tuntas.models.deadlines import HolidayChange
from tuntas.models.erased import Erased
from tuntas.models.erasures import Cause, TextErasure
from tuntas.models.evidence import Evidence, LinkState
from tuntas.models.exclusions import ExcludedResponse, Exclusion
from tuntas.models.feedback import Feedback, FeedbackKind, Reply, Way
from tuntas.models.happenings import HookMark
from tuntas.models.holidays import Holiday
from tuntas.models.idempotency import IdempotencyKey
from tuntas.models.invitations import BatchKind, CodeRefused, Invitation, InvitationBatch
from tuntas.models.leases import Lease, LeaseLost, Worker
from tuntas.models.notices import Notice, NoticeKind
from tuntas.models.offices import CodeRule, Office, Service, Unit
from tuntas.models.outcomes import Destination, Merge, Referral, SpamMark
from tuntas.models.outside import (
    AggregateImport,
    OfficeIdentity,
    OutsideClosure,
    OutsideKey,
    OutsideOffice,
)
from tuntas.models.papers import PaperBatch, PaperSheet, PaperTyping
from tuntas.models.people import Deactivation, Deputy, Membership, Role, User
from tuntas.models.periods import Period, PeriodClosed, PeriodNotOver
from tuntas.models.plans import ActionPlan, Horizon
from tuntas.models.privacy import PrivacyNotice
from tuntas.models.progress import (
    Obstacle,
    PlanRevision,
    PlanStage,
    Progress,
    ProgressKind,
    Stage,
)
from tuntas.models.publications import Medium, Publication
from tuntas.models.published import PublishedAnswer
from tuntas.models.reminders import MailMode, MailPreference, ReminderRules
from tuntas.models.reply_templates import ReplyTemplate
from tuntas.models.reports import (
    NarrativeTemplate,
    Report,
    ReportKind,
    ReportOrder,
    SignedFile,
)
from tuntas.models.responses import Channel, Receipt, Response, Submission
from tuntas.models.retention import RetentionChoice
from tuntas.models.seals import ClosureProof, DaySeal
from tuntas.models.setup_codes import SetupCode
from tuntas.models.shares import AnsweredShare
from tuntas.models.sign_ins import SignIn
from tuntas.models.slices import ClosureSlices
from tuntas.models.spreadsheets import Import, ImportState, RefusedRow, TooLate, Upload
from tuntas.models.staff_invitations import InvitedPost, StaffInvitation
from tuntas.models.starts import EditionStart
from tuntas.models.stationery import Paper, Stationery
from tuntas.models.surveys import Edition, Question, Questionnaire
from tuntas.models.tablets import Tablet, TabletKind
from tuntas.models.tokens import ApiToken, Scope
from tuntas.models.webhooks import Delivery, HookEvent, Webhook

__all__ = [
    "ActionPlan",
    "AggregateImport",
    "AnsweredShare",
    "ApiToken",
    "Audience",
    "Batch",
    "BatchAct",
    "BatchKind",
    "CalendarFeed",
    "Cause",
    "Channel",
    "Chore",
    "Closure",
    "ClosureCount",
    "ClosureProof",
    "ClosureSlices",
    "CodeRefused",
    "CodeRule",
    "Contact",
    "DaySeal",
    "Deactivation",
    "Delivery",
    "Deputy",
    "Destination",
    "Edition",
    "EditionStart",
    "Erased",
    "Event",
    "Evidence",
    "ExcludedResponse",
    "Exclusion",
    "Feedback",
    "FeedbackKind",
    "Helped",
    "HistoricalResult",
    "Holiday",
    "HolidayChange",
    "HookEvent",
    "HookMark",
    "Horizon",
    "IdempotencyKey",
    "Import",
    "ImportState",
    "Invitation",
    "InvitationBatch",
    "InvitedPost",
    "Lease",
    "LeaseLost",
    "LinkState",
    "MailMode",
    "MailPreference",
    "Medium",
    "Membership",
    "Merge",
    "NarrativeTemplate",
    "Notice",
    "NoticeKind",
    "Obstacle",
    "Office",
    "OfficeIdentity",
    "OutsideClosure",
    "OutsideKey",
    "OutsideOffice",
    "Paper",
    "PaperBatch",
    "PaperSheet",
    "PaperTyping",
    "Period",
    "PeriodClosed",
    "PeriodNotOver",
    "PlanRevision",
    "PlanStage",
    "PrivacyNotice",
    "Progress",
    "ProgressKind",
    "Publication",
    "PublishedAnswer",
    "Question",
    "Questionnaire",
    "Receipt",
    "Referral",
    "RefusedRow",
    "ReminderRules",
    "Reopened",
    "Reopening",
    "Reply",
    "ReplyTemplate",
    "Report",
    "ReportKind",
    "ReportOrder",
    "Response",
    "RetentionChoice",
    "Role",
    "Scope",
    "Service",
    "SetupCode",
    "SignIn",
    "SignedFile",
    "SpamMark",
    "StaffInvitation",
    "Stage",
    "Stationery",
    "Submission",
    "Tablet",
    "TabletKind",
    "TextErasure",
    "TooLate",
    "Unit",
    "Upload",
    "User",
    "Vote",
    "WallScreen",
    "Way",
    "Webhook",
    "Worker",
]
