"""``python -m examples.partner --help``: receive notices, or answer referrals one by one."""

import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
import uvicorn

from examples.partner.client import Center, Said
from examples.partner.keys import jwks_text
from examples.partner.receiver import receiver

app = typer.Typer(
    help="A small partner system for Throughline's referral API.", no_args_is_help=True
)

Home = Annotated[
    Path, typer.Option(envvar="PARTNER_HOME", help="Where this system keeps its key pair.")
]
Url = Annotated[str, typer.Option(envvar="CENTER_URL", help="The center's referral address.")]
ClientId = Annotated[
    str, typer.Option(envvar="PARTNER_ID", help="The client id that the center gave you.")
]
Secret = Annotated[
    str, typer.Option(envvar="WEBHOOK_SECRET", help="whsec_… as shown when it was registered.")
]
HOME = Path(".run/partner")
URL = "http://127.0.0.1:8103"


@app.command()
def keys(home: Home = HOME) -> None:
    """Print the public key set to register at the center; makes the key pair on first use."""
    typer.echo(jwks_text(home))


@app.command("list")
def index(
    client_id: ClientId, url: Url = URL, home: Home = HOME, status: str | None = None
) -> None:
    """What was sent to you; nothing about anybody yet."""
    for item in Center(url, client_id, home).referrals(status):
        typer.echo(f"{item['referral_id']}  {item['status']:<12} {item['service_name']}")


@app.command()
def show(referral_id: str, client_id: ClientId, url: Url = URL, home: Home = HOME) -> None:
    """The details. Each call is a disclosure that the client can see in the accounting."""
    _print(Center(url, client_id, home).details(referral_id))


@app.command()
def answer(
    referral_id: str,
    action: Annotated[
        str, typer.Argument(help="accept reject waitlist start hold complete fail cancel")
    ],
    client_id: ClientId,
    url: Url = URL,
    home: Home = HOME,
    reason_code: str | None = None,
    reason: str | None = None,
) -> None:
    """Answer a referral; some answers need a reason."""
    center = Center(url, client_id, home)
    _print(center.answer(referral_id, action, reason_code=reason_code, reason=reason))


@app.command()
def accept(referral_id: str, client_id: ClientId, url: Url = URL, home: Home = HOME) -> None:
    """The same as: answer ID accept."""
    _print(Center(url, client_id, home).answer(referral_id, "accept"))


@app.command()
def serve(
    client_id: ClientId,
    secret: Secret,
    url: Url = URL,
    home: Home = HOME,
    port: int = 8120,
    accept_all: Annotated[
        bool, typer.Option("--accept", help="Read and accept each new referral at once.")
    ] = False,
) -> None:
    """Receive notices on /webhooks and say what came; with --accept, also answer."""
    center = Center(url, client_id, home)

    def react(told: dict[str, Any]) -> None:
        referral_id = str(told["data"]["referral_id"])
        typer.echo(f"{told['type']} {referral_id}")
        if accept_all and told["type"] == "referral.sent":
            _accept(center, referral_id)

    uvicorn.run(receiver(secret, react), host="127.0.0.1", port=port, log_level="warning")


def _accept(center: Center, referral_id: str) -> None:
    """Read before answering, as a worker would; a refusal is said and the server goes on."""
    try:
        read = center.details(referral_id)
        typer.echo(f"read {', '.join(sorted(read['details']))} of {referral_id}")
        typer.echo(f"{center.answer(referral_id, 'accept')['status']} {referral_id}")
    except (Said, httpx.HTTPError) as problem:
        typer.echo(f"{referral_id}: {problem}", err=True)


def _print(body: dict[str, Any]) -> None:
    typer.echo(json.dumps(body, indent=2, ensure_ascii=False))


def main() -> None:
    try:
        app()
    except (Said, httpx.HTTPError) as problem:
        typer.echo(str(problem) or type(problem).__name__, err=True)
        raise SystemExit(1) from problem


if __name__ == "__main__":
    main()
