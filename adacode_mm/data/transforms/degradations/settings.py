"""Every probability and range of the degradations."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BSRGANSettings:
    """Numbers of the BSRGAN degradation as AdaCode's release calls it.

    Zhang et al., "Designing a Practical Degradation Model for Deep Blind
    Image Super-Resolution", ICCV 2021, section 3. All ranges include both
    ends. `scale` below is the one that is left after halving.

    Attributes:
        halving_prob: To halve the image first, at x4 only.
        cubic_halving_prob: That halving is MATLAB-like bicubic, and not one
            of OpenCV's interpolations.
        anisotropic_prob: That a blur is anisotropic.
        kernel_radius: Radius of a blur kernel; its side is 2 radius + 1.
        max_eigenvalue: (base, slope): the eigenvalues of an anisotropic
            kernel's covariance lie in [0, base + slope scale].
        max_sigma: (base, slope): sigma of an isotropic blur lies in
            [0, base + slope scale].
        resize_prob: That the first downsampling resizes by a random factor
            in [1, 2 scale], and does not blur and subsample.
        subsample_sigma: (low, slope): sigma of the blur before subsampling
            lies in [low, slope scale].
        subsample_size: Side of its kernel.
        noise_level: Whole sigma of Gaussian noise, in 1 / 255.
        color_noise_prob: That channels get independent noise.
        gray_noise_prob: That channels get the same noise; what is left of
            the probability gets noise that is correlated between channels,
            of at most the highest `noise_level`.
        jpeg_prob: That the shuffled JPEG compression takes place.
        jpeg_quality: Whole OpenCV quality of both JPEG compressions.
    """

    halving_prob: float = 0.25
    cubic_halving_prob: float = 0.5
    anisotropic_prob: float = 0.5
    kernel_radius: tuple[int, int] = (3, 12)
    max_eigenvalue: tuple[float, float] = (4.0, 1.0)
    max_sigma: tuple[float, float] = (2.0, 0.2)
    resize_prob: float = 0.75
    subsample_sigma: tuple[float, float] = (0.1, 0.6)
    subsample_size: int = 25
    noise_level: tuple[int, int] = (2, 25)
    color_noise_prob: float = 0.4
    gray_noise_prob: float = 0.4
    jpeg_prob: float = 0.9
    jpeg_quality: tuple[int, int] = (30, 95)


@dataclass(frozen=True)
class BSRGANPlusSettings(BSRGANSettings):
    """Further numbers of the "plus" chain; see :func:`draw_bsrgan_plus`.

    Attributes:
        shuffle_prob: That all steps are shuffled, and not only the noises of
            each round among themselves.
        enlarge_prob: That a resize enlarges, by a factor in [1, 2].
        shrink_prob: That a resize shrinks, by a factor in
            [1 / (2 scale), 1]; otherwise it keeps the size.
        poisson_prob: Of Poisson noise, in each round.
        poisson_exponent: log10 of the photons of a white pixel.
        gray_poisson_prob: That Poisson noise is the same in all channels.
        speckle_prob: Of speckle noise, in each round.
    """

    shuffle_prob: float = 0.5
    enlarge_prob: float = 0.2
    shrink_prob: float = 0.7
    poisson_prob: float = 0.1
    poisson_exponent: tuple[float, float] = (2.0, 4.0)
    gray_poisson_prob: float = 0.5
    speckle_prob: float = 0.1
