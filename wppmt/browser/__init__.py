"""A session's browser: the port that actors know, and what stands behind it."""
