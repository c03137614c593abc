"""Help outside the house: partner organizations, their services, and where each referral stands.

Owns: partners and their keys, the directory, referrals, partner links and notices.
Publishes: everything in ``shared.contracts.referrals``.
Listens to: intake (who is a client, the contact card, consents given and revoked, erasure).
"""
