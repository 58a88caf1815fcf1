"""Which files count as images: by suffix in folders, by content when read."""

# Folders are searched for these; a file that you name is read whatever its
# suffix.
IMAGE_SUFFIXES = frozenset(
    (
        *('.avif', '.bmp', '.gif', '.heic', '.heif'),
        *('.j2k', '.jfif', '.jp2', '.jpe', '.jpeg', '.jpg'),
        *('.pbm', '.pgm', '.png', '.pnm', '.ppm'),
        *('.tga', '.tif', '.tiff', '.webp'),
    )
)
