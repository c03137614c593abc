"""Help outside the house: referring, the referrals board, partners and the directory."""
