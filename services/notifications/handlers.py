"""Who reacts to what: the whole story of what notifications does with other services' facts."""

from services.notifications import outgoing, usecases
from shared.consume import Handler, Handlers
from shared.contracts.aftercare import (
    CheckinAnswered,
    CheckinDue,
    CheckinLinkRenewed,
    ContactAttemptDue,
)
from shared.contracts.intake import (
    ClientErased,
    ClientRegistered,
    ConsentGranted,
    ConsentRevoked,
    ContactCardChanged,
    ContactRemoved,
    LinkOffered,
)
from shared.contracts.referrals import ReferralAccepted, ReferralCancelled

HANDLERS: Handlers = {
    ClientRegistered.type: [usecases.note_client],
    ContactCardChanged.type: [Handler(usecases.keep_card, prepare=usecases.read_card)],
    ContactRemoved.type: [usecases.remove_contact],
    ClientErased.type: [usecases.erase],
    ConsentGranted.type: [outgoing.allow_news_again],
    ConsentRevoked.type: [outgoing.confirm_revocation],
    LinkOffered.type: [outgoing.offer_link],
    CheckinDue.type: [outgoing.ask_to_check_in],
    CheckinLinkRenewed.type: [outgoing.send_new_link],
    CheckinAnswered.type: [outgoing.stop_reminding],
    ContactAttemptDue.type: [outgoing.remind],
    ReferralAccepted.type: [outgoing.tell_news],
    ReferralCancelled.type: [outgoing.withdraw_news],
}
