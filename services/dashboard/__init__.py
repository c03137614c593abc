"""dashboard: what staff see.

Owns staff accounts, sessions and caseload assignments, and read models fed by topics alone.
Publishes StaffChanged, CaseloadAssigned.
Listens to every topic. Changes nobody else's data: it asks the owning service, which decides.
"""
