"""What intake does about other services' facts."""

from services.intake.disclosures.usecases import record_disclosure
from shared.contracts.referrals import DisclosureMade

HANDLERS = {DisclosureMade.type: [record_disclosure]}
