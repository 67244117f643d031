"""The tables, one file per noun. Inside this package imports point to the left in this list:

codes ← audit ← people ← offices ← audiences ← drafts ← surveys ← starts ← periods ← exclusions ←
feedback ← tokens ← invitations ← responses ← tablets ← papers ← closures ← results ← adequacy ←
plans ← reports
"""

from tuntas.models.audiences import Audience
from tuntas.models.audit import Event
from tuntas.models.closures import Closure, HistoricalResult, Reopening
from tuntas.models.exclusions import ExcludedResponse, Exclusion
from tuntas.models.feedback import AnsweredShare, Feedback, FeedbackKind, Reply
from tuntas.models.invitations import BatchKind, CodeRefused, Invitation, InvitationBatch
from tuntas.models.offices import CodeRule, Office, Service, Unit
from tuntas.models.papers import PaperBatch, PaperSheet, PaperTyping
from tuntas.models.people import Membership, Role, User
from tuntas.models.periods import Period, PeriodClosed, PeriodNotOver
from tuntas.models.plans import (
    ActionPlan,
    Completion,
    Evidence,
    Horizon,
    Obstacle,
    Progress,
    ProgressKind,
)
from tuntas.models.reports import NarrativeTemplate, Report, ReportKind
from tuntas.models.responses import Channel, Receipt, Response, Submission
from tuntas.models.starts import EditionStart
from tuntas.models.surveys import Edition, Question, Questionnaire
from tuntas.models.tablets import Tablet, TabletKind
from tuntas.models.tokens import ApiToken, Scope

__all__ = [
    "ActionPlan",
    "AnsweredShare",
    "ApiToken",
    "Audience",
    "BatchKind",
    "Channel",
    "Closure",
    "CodeRefused",
    "CodeRule",
    "Completion",
    "Edition",
    "EditionStart",
    "Event",
    "Evidence",
    "ExcludedResponse",
    "Exclusion",
    "Feedback",
    "FeedbackKind",
    "HistoricalResult",
    "Horizon",
    "Invitation",
    "InvitationBatch",
    "Membership",
    "NarrativeTemplate",
    "Obstacle",
    "Office",
    "PaperBatch",
    "PaperSheet",
    "PaperTyping",
    "Period",
    "PeriodClosed",
    "PeriodNotOver",
    "Progress",
    "ProgressKind",
    "Question",
    "Questionnaire",
    "Receipt",
    "Reopening",
    "Reply",
    "Report",
    "ReportKind",
    "Response",
    "Role",
    "Scope",
    "Service",
    "Submission",
    "Tablet",
    "TabletKind",
    "Unit",
    "User",
]
