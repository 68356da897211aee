"""A request, its visitor and its answer: sessions, keys, origin, limits."""
