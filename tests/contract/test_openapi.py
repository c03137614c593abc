"""What the documentation says of HTTP is what the code answers."""

from scripts import openapi


def test_the_openapi_documents_are_what_the_code_says() -> None:
    kept = {path.name: path.read_text() for path in openapi.FOLDER.glob("*.json")}
    assert kept == openapi.documents()
