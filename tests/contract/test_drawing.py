"""The drawing in the documentation says what the deployment does."""

from scripts import drawing


def test_the_drawing_is_what_the_topology_says() -> None:
    page = drawing.PAGE.read_text()
    assert drawing.drawn(page) == page
