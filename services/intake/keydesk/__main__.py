"""``python -m services.intake.keydesk rotate``: wrap every data key with the current master key."""

import asyncio

import typer

from services.intake.keydesk.desk import KeyDesk
from services.intake.settings import Settings
from shared.runtime import opened

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def keydesk() -> None:
    """Care for the data keys; runs beside the platform, nothing has to stop."""


@app.command()
def rotate() -> None:
    """Wrap every data key with the highest-numbered master key."""
    typer.echo(f"{asyncio.run(_rotate())} keys wrapped anew")


async def _rotate() -> int:
    settings = Settings.read()
    async with opened(settings) as runtime:
        return await KeyDesk(runtime.database, settings.master_keys).rotate()


if __name__ == "__main__":
    app()
