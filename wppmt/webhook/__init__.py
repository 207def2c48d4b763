"""One webhook delivery: its body, signature, attempt, and what an answer means."""
