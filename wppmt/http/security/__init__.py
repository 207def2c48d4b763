"""Who may pass: tokens and their keys, the guard before every handler, rate limits."""
