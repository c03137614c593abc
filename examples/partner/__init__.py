"""A small partner system: receives notices, fetches referrals, answers them."""
