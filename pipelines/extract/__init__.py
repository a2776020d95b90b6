"""From text to signals: who did what to whom, when, whether it happened, and the words that say so."""
