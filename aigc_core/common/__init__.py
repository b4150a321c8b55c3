"""What every floor stands on: errors, files, random numbers, devices, energy, and which process is which."""
