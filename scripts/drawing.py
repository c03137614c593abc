"""Draw who tells whom into docs/architecture.md, from deploy/topology.py.

python -m scripts.drawing
"""

from pathlib import Path

from deploy import topology

PAGE = Path(__file__).parent.parent / "docs" / "architecture.md"
BEGIN, END = "<!-- drawing -->", "<!-- /drawing -->"


def drawing() -> str:
    """A Mermaid flowchart: services, their topics, and who listens to which."""
    lines = ["```mermaid", "flowchart LR"]
    for service in topology.SERVICES:
        lines.append(f"  {service}[{service}] --> {service}_topic([{topology.topic(service)}])")
    for listener, sources in topology.LISTENS.items():
        lines += [f"  {source}_topic --> {listener}" for source in sources]
    lines += ["  dashboard -. commands, content .-> intake & aftercare & referrals & notifications"]
    lines += ["  referrals -. permit, keys .-> intake", "```"]
    return "\n".join(lines)


def drawn(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{drawing()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
