"""What the commands do, without click: arguments in, results out."""
