"""What happens to signals: events, daily sums, levels, shares, channels of change. Pure: no clock, no store."""
