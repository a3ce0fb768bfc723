"""The commands, in folders by what they are about; a module is imported when its command runs."""
