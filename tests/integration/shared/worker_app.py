"""A listener as a service would write it, for tests that start it as a process of its own."""

from shared.config import Settings
from shared.contracts.intake import ClientDischarged
from shared.listener import listener
from shared.unit import Unit


async def keep(unit: Unit, event: ClientDischarged) -> None:
    if event.program_id == "poison":
        raise ValueError
    unit.insert("links", {"_id": unit.cause.causation_id, "client_id": event.client_id})


HANDLERS = {ClientDischarged.type: [keep]}
app = listener(Settings, HANDLERS)
