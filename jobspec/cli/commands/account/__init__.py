"""Commands about the live tasks of an account, whoever submitted them."""
