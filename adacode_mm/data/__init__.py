"""What MMagic's data pipelines lack: checked lists of images, transforms."""
