"""A controlnet_aux whose own imports fail can still be imported."""

import logging
import sys

import pytest

from adacode_mm.hosts.compat import controlnet_aux


@pytest.fixture
def apply_to(monkeypatch):
    """Applies the adaptation to a package of another name."""

    def apply(name):
        ours = controlnet_aux._TolerantFinder
        others = [x for x in sys.meta_path if not isinstance(x, ours)]
        monkeypatch.setattr(sys, 'meta_path', others)
        monkeypatch.setattr(controlnet_aux, 'NAME', name)
        controlnet_aux.apply()

    return apply


def test_one_that_fails_can_be_imported_not_used(fake, apply_to, caplog):
    caplog.set_level(logging.INFO, 'adacode_mm.hosts.compat')
    source = 'early = 1\nraise AttributeError("no solutions")'
    fake({'fake_aux/__init__.py': source})
    apply_to('fake_aux')
    assert not caplog.records
    from fake_aux import HEDdetector

    assert [r.name for r in caplog.records] == [controlnet_aux.logger.name]
    with pytest.raises(
        ImportError, match=r'AttributeError: no solutions.*mediapipe<0\.10\.22'
    ):
        HEDdetector.from_pretrained('x')


def test_one_that_works_is_left_alone(fake, apply_to):
    fake(
        {
            'fake_aux/__init__.py': 'from .hed import HEDdetector',
            'fake_aux/hed.py': 'HEDdetector = 42',
        }
    )
    apply_to('fake_aux')
    import fake_aux

    assert fake_aux.HEDdetector == 42
    with pytest.raises(AttributeError):
        _ = fake_aux.Misspelt


def test_one_that_is_not_installed_stays_missing(apply_to):
    apply_to('no_such_aux')
    with pytest.raises(ModuleNotFoundError, match='no_such_aux'):
        import no_such_aux  # noqa: F401
