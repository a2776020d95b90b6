"""From a change to an alert: rules, limits, the evidence gate, the life of an alert, its words. Pure."""
