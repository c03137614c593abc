"""The person: who asks for help, who is a client, what they allow, who saw what.

Owns: contact forms, the client registry and contact cards, consents and their signatures,
disclosure permits (R1.10) and the accounting of disclosures, every client's data key.
Publishes: shared.contracts.intake.
Listens to: DisclosureMade (referrals), which turns a permit into a disclosure.
"""
