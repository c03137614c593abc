"""Aftercare owns the plan after treatment, the check-ins and what they say about risk.

Publishes (shared/contracts/aftercare.py): PlanStarted, TaskOpened, TaskClosed, CheckinDue,
CheckinLinkRenewed, CheckinMissed, ContactAttemptDue, CheckinAnswered, RiskChanged.
Listens to: ClientDischarged, ClientErased (intake), ReferralAccepted (referrals), TextReceived and
CrisisOpened (notifications). One folder per capability: plans, checkins, risk.
"""
