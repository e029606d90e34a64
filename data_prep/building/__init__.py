"""How entries become a corpus on disk: planned, cut into shards, written, checked, published."""
