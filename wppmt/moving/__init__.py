"""A session moves from one instance to another, without anything above the two.

`departing.py` is what the source does, `receiving.py` the target, `following.py` what the source still owes afterwards. Who owns
the session is decided by one commit at the source (`Departure`, LEAVING → GONE); the target starts it only when it has been told.
"""
