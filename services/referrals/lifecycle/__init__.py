"""One referral from draft to its end: R6.2 transitions, R6.5 timers, R1.10 before it leaves."""
