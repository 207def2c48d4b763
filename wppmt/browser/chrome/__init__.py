"""One real Chrome per session: its command line, processes, driver, start and end."""
