"""What benchmarks share: people, the machine in one line, the yardstick that fits are held to."""
