"""Programs that use Throughline from outside, as a partner would; it imports none of them."""
