"""The dashboard's listener: an aiokafka reader of every topic, behind the common contract."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.dashboard.readmodels import client, reasons, referral, timeline
from services.dashboard.readmodels.project import (
    as_sent,
    forget_client,
    keep_partner,
    keep_seal_head,
    project,
    project_submission,
    with_card,
)
from services.dashboard.settings import Settings
from shared.consume import Handler
from shared.contracts import intake, referrals
from shared.contracts.journal import JournalSealed
from shared.reader import run_reader

SUBMISSIONS = (intake.SubmissionReceived, intake.SubmissionClosed)
APART = (
    *SUBMISSIONS,
    intake.ClientErased,
    intake.ContactCardChanged,
    referrals.PartnerRegistered,
    JournalSealed,
)
FOLDED = sorted(
    {
        kind
        for table in (
            client.APPLY,
            referral.APPLY,
            timeline.LINES,
            reasons.OPENING,
            reasons.OPENING_AT,
        )
        for kind in table
        if kind not in APART
    },
    key=lambda kind: kind.type,
)

HANDLERS: dict[str, list[Handler | Callable[..., Awaitable[Any]]]] = {
    **{kind.type: [Handler(project, prepare=as_sent)] for kind in FOLDED},
    **{kind.type: [Handler(project_submission, prepare=as_sent)] for kind in SUBMISSIONS},
    intake.ContactCardChanged.type: [Handler(project, prepare=with_card)],
    intake.ClientErased.type: [forget_client],
    referrals.PartnerRegistered.type: [keep_partner],
    JournalSealed.type: [Handler(keep_seal_head, prepare=as_sent)],
}


def main() -> None:
    run_reader(Settings, HANDLERS)


if __name__ == "__main__":
    main()
