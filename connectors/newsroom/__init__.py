"""The newsroom: sample articles of invented outlets, served as feeds and pages in simulated time."""
