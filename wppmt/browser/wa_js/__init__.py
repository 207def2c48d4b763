"""Which wa-js a session's page gets: the shipped one, or one that the operator has added."""
