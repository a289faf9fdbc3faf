"""Changes to images: augmentation, distortions, resampling."""
