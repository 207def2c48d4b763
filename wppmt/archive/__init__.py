"""One session as one encrypted file: what is in it, how it is read without trust, how it becomes a session again.

`writing.write_archive` makes one, `arrival.read_archive` and `Arrival.install` take one in, `arrival.sweep` clears up.
"""
