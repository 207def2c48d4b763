"""Who keeps a copy of each line while no daemon runs: without one, Chrome would close."""
