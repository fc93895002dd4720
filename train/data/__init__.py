"""What a training reads: samples, batches, augmentation, sources."""
