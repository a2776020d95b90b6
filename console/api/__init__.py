"""The console's server: pages, their JSON twins, health and metrics, over the stores of one data directory."""
