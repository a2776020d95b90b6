"""What people touch: the `detente` command, the programming interface over HTTP, the pages."""
