"""How the platform is brought up: natively, with Docker, with a demo franchise."""
