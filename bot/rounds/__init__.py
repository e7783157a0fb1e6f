"""Time passes: what a tick looks after, one module a duty."""
