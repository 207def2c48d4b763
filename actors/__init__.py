"""The actors: what each decides (sessions, supervisor, webhooks, workers), and the runtime that runs them."""
