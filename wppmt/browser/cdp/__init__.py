"""The line to the page by Chrome's DevTools protocol."""
