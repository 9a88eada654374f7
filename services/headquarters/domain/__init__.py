"""Rules of the picture: what counts where, what needs a person, which clinic first."""
