"""Our own URLs, a module each."""
