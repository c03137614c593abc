import uvicorn

from deploy.provider.app import create
from deploy.provider.settings import Settings


def main() -> None:
    settings = Settings.read()
    uvicorn.run(
        create(settings),
        host=settings.provider_host,
        port=settings.provider_port,
        log_level="warning",
        # Addresses here hold phone numbers (`/messages?to=…`): nothing is logged of them.
        access_log=False,
        # Callers left hanging on purpose must not hold up the end.
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
