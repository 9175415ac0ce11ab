"""What agents of games and agents of playlists share: advantages, losses, masks and checkpoints."""
