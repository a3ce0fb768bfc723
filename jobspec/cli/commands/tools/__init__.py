"""Commands about jobspec itself on this machine."""
