"""Where the news comes from: feeds, pages, files; and what is remembered of them."""
