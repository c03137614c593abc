"""How the platform is set up and run: embedded on one machine, or on servers of one's own."""
