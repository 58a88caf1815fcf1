"""Tables of scores: any models on any sets of images, by one command.

`sets` and `inputs`: ground truth, and what models get. `models`: what makes
images. `table`: restore, score, write. `markdown`: how it is shown.
"""
