"""The playlist environment: sessions of simulated or true users, thousands at once."""
