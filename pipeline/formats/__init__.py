"""The formats that images and labels come in and go out in, a file each."""
