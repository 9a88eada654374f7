"""The clinical rules, on paper: no database, clock or network."""
