"""What the dashboard does with every fact: fold it into the read models, in one unit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.dashboard.readmodels import client as clients
from services.dashboard.readmodels import reasons, rows, store, timeline
from services.dashboard.readmodels import referral as board
from services.dashboard.readmodels.client import Client, SealedCard
from services.dashboard.readmodels.search import digests_of
from shared.confidential import encrypt_json, forget_key, read_part
from shared.contracts import intake, referrals
from shared.contracts.intake import ContactCard
from shared.contracts.journal import JournalSealed
from shared.events import Envelope, Event
from shared.runtime import Runtime
from shared.unit import Unit


@dataclass(frozen=True)
class Sent:
    """The envelope of a fact, and its card where it carries one."""

    envelope: Envelope
    card: SealedCard | None = None


async def as_sent(runtime: Runtime, envelope: Envelope) -> Sent:
    return Sent(envelope)


async def with_card(runtime: Runtime, envelope: Envelope) -> Sent:
    """The contact card, encrypted again for this place; the key is fetched before the unit."""
    key = await runtime.keyring.key(envelope.key)
    card = ContactCard.model_validate(read_part(envelope, key))
    names = card.model_dump(mode="json", include={"given_name", "family_name", "preferred_name"})
    content = encrypt_json(key, names, f"clients/{envelope.key}/card")
    found_by = digests_of(card, runtime.settings.digest_key)
    return Sent(envelope, SealedCard(content=content, digests=found_by))


async def project(unit: Unit, event: Event, sent: Sent) -> None:
    """Fold one fact about a client; facts about an erased client change nothing."""
    client_id = client_of(event)
    if client_id is None:
        await _change_rows(unit, reasons.changes_of(event, sent.envelope.time), sent, None)
        return
    if await _is_erased(unit, client_id):
        return
    before = await _client(unit, client_id)
    after = clients.apply(before, event, sent.envelope.sequence, sent.card)
    await store.put(unit, "clients", store.of(after))
    entry = timeline.entry_of(sent.envelope, event, client_id)
    if entry is not None:
        await store.put(unit, "timeline", store.of(entry))
    changes = [*reasons.changes_of(event, sent.envelope.time), *_reach(before, after, sent)]
    await _change_rows(unit, changes, sent, after)
    await _change_referral(unit, event, sent, after)
    if _audience(before) != _audience(after) or before.level != after.level:
        await _tell_audience(unit, after)


async def project_submission(unit: Unit, event: Event, sent: Sent) -> None:
    """The intake queue; a row for those who register people."""
    if isinstance(event, intake.SubmissionReceived):
        kept = event.model_dump(exclude={"submission_id"})
        document = {"_id": event.submission_id, **kept, "state": "open", "reason": None}
        await store.put(unit, "submissions", document)
        await _change_rows(
            unit, reasons.changes_of(event, sent.envelope.time), sent, None, site_id=event.site_id
        )
    elif isinstance(event, intake.SubmissionClosed):
        found = await unit.get("submissions", event.submission_id)
        if found is not None:
            unit.replace("submissions", {**found, "state": "closed", "reason": event.reason})
        await _change_rows(unit, reasons.changes_of(event, sent.envelope.time), sent, None)


async def keep_partner(unit: Unit, event: referrals.PartnerRegistered) -> None:
    document = {"_id": event.partner_id, "name": event.name, "active": event.active}
    await store.put(unit, "partners", document)


async def forget_client(unit: Unit, event: intake.ClientErased) -> None:
    """Key, names and rows go; a tombstone stays, and older facts can change nothing."""
    client_id = event.client_id
    await forget_key(unit, client_id)
    erased = clients.Client(id=client_id, erased=True)
    await store.put(unit, "clients", {**store.of(erased), **_audience(erased)})
    for collection in ("rows", "timeline", "referrals"):
        for document in await unit.find(collection, {"client_id": client_id}):
            unit.delete(collection, document["_id"])


async def keep_seal_head(unit: Unit, event: JournalSealed, sent: Sent) -> None:
    """Somebody else keeps each service's seals: another hash for a kept number is an alarm."""
    number = f"{event.publisher}/{event.seal}"
    kept = await unit.get("seal_heads", number)
    if kept is None:
        unit.insert("seal_heads", {"_id": number, **event.model_dump()})
    elif kept["hash"] != event.hash:
        await _change_rows(unit, [reasons.seal_differs(event, sent.envelope.time)], sent, None)


def client_of(event: Event) -> str | None:
    """Whom the fact is about; None where that is not known for certain."""
    thread = getattr(event, "thread_key", None)
    if thread is not None:
        unknown = {getattr(event, "message_id", None), getattr(event, "crisis_id", None)}
        return None if thread in unknown else str(thread)
    client_id = getattr(event, "client_id", None)
    return str(client_id) if client_id else None


async def _is_erased(unit: Unit, client_id: str) -> bool:
    key = await unit.get("keys", client_id)
    return bool(key and key.get("erased_at"))


async def _client(unit: Unit, client_id: str) -> Client:
    found = await unit.get("clients", client_id)
    return store.to_client(found) if found else Client(id=client_id)


def _audience(client: Client | None) -> dict[str, str | None]:
    """Who may see what belongs to this client: kept on each row, so that lists need no join."""
    if client is None:
        return {"site_id": None, "counselor_id": None}
    return {"site_id": client.site_id, "counselor_id": client.counselor_id}


def _reach(before: Client, after: Client, sent: Sent) -> list[rows.Change]:
    registered = before.registered_at is None and after.registered_at is not None
    if after.reachable and (registered or not before.reachable):
        return [reasons.reached(after.id)]
    lost = before.reachable and not after.reachable
    if (lost and after.registered_at) or (registered and not after.reachable):
        return [reasons.unreachable(after.id, sent.envelope.time)]
    return []


async def _change_rows(
    unit: Unit,
    changes: Sequence[rows.Change],
    sent: Sent,
    client: Client | None,
    *,
    site_id: str | None = None,
) -> None:
    audience = {**_audience(client), **({"site_id": site_id} if site_id else {})}
    for what in changes:
        if isinstance(what, rows.ClosedLike):
            await _close_like(unit, what, sent, client)
        else:
            await _change_row(unit, what, sent, client, audience)


async def _change_row(
    unit: Unit,
    what: rows.Opened | rows.Amended | rows.Closed,
    sent: Sent,
    client: Client | None,
    audience: dict[str, str | None],
) -> None:
    found = await unit.get("rows", what.id)
    row = store.to_row(found) if found else None
    service, sequence = sent.envelope.service, sent.envelope.sequence
    if what.id.startswith("reach/") and row is not None:
        # decided from the folded client, which already knows what came before what
        sequence = max(sequence, row.applied.get(service, 0) + 1)
    after = rows.change(
        row,
        what,
        service=service,
        sequence=sequence,
        client_id=client.id if client else None,
        level=client.level if client else None,
    )
    if after is not None:
        kept = {name: found[name] for name in audience} if found and client is None else audience
        await store.put(unit, "rows", {**store.of(after), **kept})


async def _close_like(unit: Unit, what: rows.ClosedLike, sent: Sent, client: Client | None) -> None:
    if client is None:
        return
    alike = {f"params.{name}": value for name, value in what.params.items()}
    query = {"client_id": client.id, "kind": what.kind, "state": {"$ne": "done"}, **alike}
    for found in await unit.find("rows", query):
        await _change_row(unit, rows.Closed(id=found["_id"]), sent, client, _audience(client))


async def _change_referral(unit: Unit, event: Any, sent: Sent, client: Client) -> None:
    id = getattr(event, "referral_id", None)
    if id is None:
        return
    found = await unit.get("referrals", id)
    before = store.to_referral(found) if found else None
    after = board.apply(before, event, sent.envelope.sequence, sent.envelope.time)
    if after is not None:
        await store.put(unit, "referrals", {**store.of(after), **_audience(client)})


async def _tell_audience(unit: Unit, client: Client) -> None:
    """The client moved to another site, counselor or level: so do the rows about them."""
    for found in await unit.find("rows", {"client_id": client.id, "state": {"$ne": "done"}}):
        document = await unit.get("rows", found["_id"])
        if document is not None:
            row = store.to_row(document)
            level = replace(row, level=client.level, rank=rows.rank_of(row.kind, client.level))
            await store.put(unit, "rows", {**store.of(level), **_audience(client)})
    for found in await unit.find("referrals", {"client_id": client.id}):
        document = await unit.get("referrals", found["_id"])
        if document is not None:
            unit.replace("referrals", {**document, **_audience(client)})
