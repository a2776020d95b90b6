"""Where alerts go: each module an adapter of port Channel."""
