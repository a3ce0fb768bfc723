"""What the commands of `jobspec task` share: the connection, the output of long lists, and writing."""
