import stat
from pathlib import Path

from deploy.provider.kept import Kept, Mail, Text

TEXT = Text("SM1", "outbound", "+14105550123", "+12025550100", "hello", "2026-06-09", "queued")
MAIL = Mail("ML1", ["a@example.org"], "b@example.org", "Hi", "text", {"X": "y"}, "2026-06-09")


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "kept.jsonl"
    first = Kept(file)
    first.add_text(TEXT)
    first.set_status("SM1", "sent")
    first.add_mail(MAIL)
    first.count_call("text", TEXT.to, TEXT.body)
    first.close()
    second = Kept(file)
    assert (second.texts, second.mails, second.calls) == (first.texts, first.mails, first.calls)
    assert [text.sid for text in second.undelivered()] == ["SM1"]
    second.add_mail(MAIL)
    assert [mail.seq for mail in second.mails] == [2, 3]
    second.close()


def test_a_line_torn_by_a_kill_loses_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    first = Kept(file)
    first.add_text(TEXT)
    first.close()
    file.write_bytes(file.read_bytes() + b'\n{"kind": "text", "fa')
    second = Kept(file)
    assert list(second.texts) == ["SM1"]
    second.add_mail(MAIL)
    second.close()
    third = Kept(file)
    assert [mail.sid for mail in third.mails] == ["ML1"]
    third.close()


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    Kept(tmp_path / "kept.jsonl").close()
    assert stat.S_IMODE((tmp_path / "kept.jsonl").stat().st_mode) == 0o600


def test_a_final_status_stays(kept: Kept) -> None:
    kept.add_text(TEXT)
    for status in ["delivered", "sent", "failed"]:
        kept.set_status("SM1", status)
    assert kept.texts["SM1"].status == "delivered"


def test_calls_are_counted_by_number_and_body(kept: Kept) -> None:
    for to, body in [("+1", "a"), ("+1", "a"), ("+1", "b"), ("+2", "a")]:
        kept.count_call("text", to, body)
    assert sorted(kept.calls.values()) == [1, 1, 2]


def test_clearing_forgets_all_but_the_order(tmp_path: Path) -> None:
    first = Kept(tmp_path / "kept.jsonl")
    first.add_text(TEXT)
    first.clear()
    first.add_mail(MAIL)
    first.close()
    second = Kept(tmp_path / "kept.jsonl")
    assert (second.texts, [mail.seq for mail in second.mails]) == ({}, [2])
    assert "hello" not in (tmp_path / "kept.jsonl").read_text()
    second.close()
