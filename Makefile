.PHONY: up demo test check setup lock

up:
	@scripts/setup run
	@.venv/bin/throughline up

demo:
	@.venv/bin/throughline demo

test:
	@scripts/setup dev
	@.venv/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check:
	@scripts/setup dev
	@scripts/check

setup:
	@scripts/setup dev

lock:
	@scripts/lock
