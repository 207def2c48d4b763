"""Proxies that want a password, which must stand in no command line and reach WebSockets, too.

Measured: DevTools' Fetch.authRequired comes for a page's requests only. After a restart a page that its service worker answers
opens its WebSocket first: no event comes, and Chrome gives up with 407. So a small process of each such browser adds the
password; it belongs to Chrome's process group, outlives the daemon, and ends with Chrome.
"""
