"""Training of the firewall's learned detector. Start it with tools/train/train_injection."""
