"""notifications owns the message: contact points and wishes, deliveries, inbound texts, crises.

Publishes: ContactPointVerified, ContactPointUnverified, OptedOut, OptedIn, HelpRequested,
MessageQueued, MessageHandedOver, MessageDelivered, MessageFailed, MessageDropped, MessageUnclear,
TextReceived, TextUnattributed, TextClosed, CrisisOpened, CrisisAcknowledged, CrisisClosed.

Listens to intake (who is a client, how to reach them, links they asked for, what was revoked or
erased), aftercare (what to ask and when) and referrals (what is news for a client).

Verification and opt-out belong to a number or address, whoever shares it; its value belongs to
intake and is kept here encrypted with the client's key.
"""
