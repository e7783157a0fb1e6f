"""One file an alert rule: which events it listens to, which facts it needs, what it decides."""
