"""AdaCode, FeMaSR and VQGAN: image -> `CodebookOutput`."""
