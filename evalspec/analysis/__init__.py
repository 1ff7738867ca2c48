"""What a run's results amount to: aggregates, gates, the summary, where a score came from."""
