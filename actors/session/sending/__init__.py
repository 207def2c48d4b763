"""A session's messages on their way out: the queue, the journal, and what becomes of each message."""
