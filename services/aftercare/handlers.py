"""Which fact from another service makes aftercare do what."""

from services.aftercare.checkins.silence import keep_quiet
from services.aftercare.keys import for_event
from services.aftercare.plans.usecases import forget_client, hear_text, meet_need, start_plan
from shared.consume import Handler, Handlers
from shared.contracts.intake import ClientDischarged, ClientErased
from shared.contracts.notifications import CrisisOpened, TextReceived
from shared.contracts.referrals import ReferralAccepted

HANDLERS: Handlers = {
    ClientDischarged.type: [Handler(start_plan, prepare=for_event)],
    ClientErased.type: [forget_client],
    ReferralAccepted.type: [meet_need],
    CrisisOpened.type: [keep_quiet],
    TextReceived.type: [Handler(hear_text, prepare=for_event)],
}
