"""What is done with devices and what they say.  Each function works inside one transaction."""
