"""Rules of messages: when they are due, when they may go, when they are useless."""
