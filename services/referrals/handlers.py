"""Which of intake's facts referrals listens to, and what it does about each."""

from services.referrals.lifecycle import card, copies
from shared.consume import Handler, Handlers
from shared.contracts.intake import (
    ClientErased,
    ClientRegistered,
    ConsentGranted,
    ConsentRevoked,
    ContactCardChanged,
    ContactRemoved,
)

HANDLERS: Handlers = {
    ClientRegistered.type: [copies.know_client],
    ContactCardChanged.type: [Handler(card.copy_card, prepare=card.read_card)],
    ContactRemoved.type: [card.drop_contact],
    ConsentGranted.type: [copies.know_consent],
    ConsentRevoked.type: [Handler(copies.end_what_it_covered, prepare=copies.link_key)],
    ClientErased.type: [Handler(copies.forget_client, prepare=copies.link_key)],
}
