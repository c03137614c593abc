"""What staff see, one module a page: each reads, turns codes into words, and renders."""
