"""What pages and API both show, made from files and the database."""
