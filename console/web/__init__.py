"""Templates, style and scripts of the pages. No framework, no request to any other host."""
