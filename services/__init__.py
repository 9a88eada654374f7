"""The services.  None imports another; what one must know of another arrives as an event."""
