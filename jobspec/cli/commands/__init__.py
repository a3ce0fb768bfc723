"""The commands, in folders by subject; a module is imported when its command runs."""
