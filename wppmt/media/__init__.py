"""Files on their way in and out: fetched, checked, named, kept."""
