"""The page in a real browser, from the upload to the download."""

import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shrunk_configs import PHOTOS

from adacode_mm.images.read_picture import read_picture
from adacode_mm.web.server import serving

for package in ('gradio', 'selenium'):
    pytest.importorskip(package, reason='needs the extras "web" and "dev"')

from selenium.webdriver import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

sys.path.append(str(Path(__file__).parents[2] / 'tools' / 'dev'))
import headless_browser  # noqa: E402
from headless_browser import requested_addresses, wait_for  # noqa: E402

pytestmark = pytest.mark.skipif(
    None in headless_browser.find_programs(),
    reason='needs chromium and chromedriver: tools/dev/install_browser.sh',
)
PHOTO = PHOTOS / 'coffee_odd_131x97.png'
MAX_UPLOAD = 100_000


@pytest.fixture(scope='module')
def url(shelf):
    with serving(shelf, port=0, max_upload=MAX_UPLOAD) as url:
        yield url


@pytest.fixture(scope='module')
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp('downloads')


@pytest.fixture(scope='module')
def browser(downloads):
    browser = headless_browser.open_browser(downloads=downloads)
    yield browser
    browser.quit()


class Page:
    """What a person does and sees."""

    def __init__(self, browser, url):
        self.browser = browser
        browser.get(url)
        wait_for(lambda: self.all('#restore'))

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return wait_for(lambda: self.all(selector))[0]

    def text(self, selector):
        return ' '.join(each.text for each in self.all(selector))

    def click(self, selector, text=''):
        def clicked():
            for each in self.all(selector):
                if text in each.text and each.is_enabled():
                    self.browser.execute_script(
                        'arguments[0].scrollIntoView({block: "center"})', each
                    )
                    each.click()
                    return True
            return False

        wait_for(clicked)

    def upload(self, path, where='#picture'):
        self.one(f'{where} input[type=file]').send_keys(str(path))

    def has_picture(self):
        wait_for(lambda: 'pixels' in self.text('#facts'))
        wait_for(lambda: self.one('#restore').is_enabled())

    def sources(self, selector):
        return [each.get_attribute('src') for each in self.all(selector)]

    def restored(self):
        """Sources of before and after, once they are there and drawn."""
        wait_for(lambda: len(self.all('#slider img')) == 2)
        wait_for(
            lambda: all(
                e.get_property('naturalWidth') for e in self.all('#slider img')
            )
        )
        return self.sources('#slider img')

    def downloaded(self, path):
        """Pixels of the result, 0..255, after a click on the button."""
        self.click('#download')
        wait_for(lambda: path.exists() and path.stat().st_size)
        wait_for(lambda: not [*path.parent.glob('*.crdownload')])
        return np.rint(read_picture(path).pixels * 255)

    def says(self, sentence):
        wait_for(lambda: sentence in self.text('.toast-body'))


@pytest.fixture
def page(browser, url):
    return Page(browser, url)


def fetched(source, folder):
    """Pixels of what is behind an address, 0..255."""
    path = folder / f'fetched{Path(source).suffix}'
    with urllib.request.urlopen(source, timeout=10) as answer:
        path.write_bytes(answer.read())
    return np.rint(read_picture(path).pixels * 255)


def test_super_resolution(page, shelf, model_files, downloads, tmp_path):
    page.upload(PHOTO)
    page.has_picture()
    page.click('#restore')
    sources = page.restored()
    restorer = shelf.get(str(model_files['sr_x4']))
    expected = restorer(PHOTO)
    shown = [fetched(source, tmp_path) for source in sources]
    # Gradio lays the first picture of the pair over the second.
    differences = [np.abs(picture - expected).max() for picture in shown]
    assert sorted(differences)[0] == 0 and sorted(differences)[1] > 10
    downloaded = page.downloaded(downloads / 'coffee_odd_131x97_x4.png')
    assert np.array_equal(downloaded, expected)

    seen = restorer.inspect(PHOTO)
    wait_for(lambda: len(page.all('#weights button img')) == len(seen.weight))
    names = ['architecture', 'indoor', 'nature', 'street', 'portrait']
    wait_for(
        lambda: page.text('#weights .caption-label').split()[::3] == names
    )
    page.click('button[role=tab]', 'Codes used')
    rows = wait_for(lambda: page.text('#usage'))
    for indices, quantizer in zip(
        seen.indices, restorer.net.quantizers, strict=True
    ):
        used = len(np.unique(indices))
        assert f'{used} of {quantizer.num_embeddings}' in rows
    wait_for(lambda: len(page.all('#maps button img')) == len(seen.indices))
    wait_for(lambda: len(page.all('#codes img')) == 1)


def test_the_handle_moves_the_border_between_before_and_after(page):
    page.upload(PHOTO)
    page.has_picture()
    page.click('#restore')
    page.restored()
    # Until the end, progress lies over the pictures.
    wait_for(lambda: page.all('#weights button img'))
    wait_for(lambda: not page.one('#stop').is_enabled())
    handle = page.one('#slider .outer')
    start = handle.rect['x']
    ActionChains(page.browser).click_and_hold(handle).move_by_offset(
        100, 0
    ).release().perform()
    wait_for(lambda: abs(handle.rect['x'] - start - 100) < 10, 5)


def test_results_leave_with_their_picture(page):
    page.upload(PHOTO)
    page.has_picture()
    page.click('#restore')
    page.restored()
    wait_for(lambda: page.all('#weights button img'))
    wait_for(lambda: page.one('#download').is_enabled())
    page.click('#picture button[title="Remove Image"]')
    wait_for(lambda: not page.all('#slider img, #weights img, #codes img'))
    wait_for(lambda: not page.one('#download').is_enabled())
    wait_for(lambda: 'pixels' not in page.text('#summary'))


def test_stop_is_answered_and_leaves_no_result(page, tmp_path):
    path = tmp_path / 'takes_seconds.png'
    Image.new('RGB', (800, 800), 'red').save(path)
    page.upload(path)
    page.has_picture()
    page.click('#restore')
    wait_for(lambda: '%' in page.text('#slider'))
    page.click('#stop')
    page.says('Stopped.')
    wait_for(lambda: not page.one('#stop').is_enabled())
    assert not page.all('#slider img')
    assert not page.one('#download').is_enabled()
    # Gradio's own sign of an error, seen now and then after a stop.
    page.browser.execute_script(
        'const [tracker] = document.querySelectorAll("#slider .wrap");'
        'tracker.classList.remove("hidden", "hide");'
        'tracker.innerHTML = "<span class=error>Error</span>"'
    )
    assert not page.one('#slider .error').is_displayed()


def test_another_picture_ends_what_runs_for_the_last_one(page, tmp_path):
    path = tmp_path / 'takes_seconds.png'
    Image.new('RGB', (800, 800), 'red').save(path)
    page.upload(path)
    page.has_picture()
    page.click('#restore')
    wait_for(lambda: '%' in page.text('#slider'))
    assert not page.one('#restore').is_enabled()
    page.click('#picture button[title="Remove Image"]')
    page.upload(PHOTO)
    wait_for(lambda: '131 x 97' in page.text('#facts'))
    wait_for(lambda: page.one('#restore').is_enabled())
    wait_for(lambda: not page.one('#stop').is_enabled())
    assert not page.all('#slider img')
    page.click('#restore')
    page.restored()
    wait_for(lambda: '524 x 388' in page.text('#summary'))


def test_painting_what_to_fill_in(page, tmp_path):
    page.upload(PHOTO)
    page.has_picture()
    page.click('#task label', 'Inpainting')
    canvas = page.one('#mask-editor canvas')
    wait_for(lambda: canvas.rect['width'] > 100)
    page.browser.execute_script(
        'arguments[0].scrollIntoView({block: "center"})', canvas
    )
    wait_for(lambda: page.all('#mask-editor button'))
    upload = read_picture(PHOTO).pixels * 255

    def paint():
        ActionChains(page.browser).move_to_element(
            canvas
        ).click_and_hold().move_by_offset(15, 0).move_by_offset(
            15, 0
        ).release().perform()

    def painted():
        # A stroke before the editor is ready leaves nothing.
        paint()
        page.click('#restore')
        wait_for(lambda: page.text('#summary'))
        return 'nothing is painted' not in page.text('#summary')

    wait_for(painted)
    sources = page.restored()
    results = [fetched(source, tmp_path) for source in sources]
    [result] = [r for r in results if not np.array_equal(r, np.rint(upload))]
    changed = np.abs(result - upload).max(2) > 0.5
    rows, columns = np.nonzero(changed)
    height, width = changed.shape
    # A stroke to the right of the middle; all else is as it was.
    assert changed[height // 2, width // 2 : width // 2 + 8].any()
    assert 0.001 < changed.mean() < 0.3
    assert abs(rows.mean() - height / 2) < height / 5
    assert width / 2 - 5 < columns.mean() < width * 0.8


def test_a_mask_from_a_file(page, shelf, model_files, downloads, tmp_path):
    upload = read_picture(PHOTO).pixels
    mask = np.zeros(upload.shape[:2], np.uint8)
    mask[20:50, 30:70] = 255
    path = tmp_path / 'mask.png'
    Image.fromarray(mask).save(path)
    page.upload(PHOTO)
    page.has_picture()
    page.click('#task label', 'Inpainting')
    page.click('#mask-source label', 'From a file')
    page.upload(path, '#mask-file')
    wait_for(lambda: page.all('#mask-file img'))
    page.click('#restore')
    page.restored()
    expected = shelf.get(str(model_files['inpaint']))(PHOTO, mask)
    downloaded = page.downloaded(downloads / 'coffee_odd_131x97_inpaint.png')
    assert np.array_equal(downloaded, expected)
    assert np.array_equal(expected[mask == 0], (upload * 255)[mask == 0])


def test_wrong_files_are_answered_by_sentences(page, tmp_path):
    page.click('#restore')
    page.says('There is no picture yet: drop one first.')
    wait_for(lambda: 'no picture yet' in page.text('#summary'))
    text = tmp_path / 'text.png'
    text.write_text('hello')
    page.upload(text)
    page.says('not an image')
    wait_for(lambda: 'not an image' in page.text('#facts'))
    wait_for(lambda: not page.all('#picture img'))
    large = tmp_path / 'large.png'
    large.write_bytes(bytes(MAX_UPLOAD + 1))
    page.upload(large)
    page.says('exceed the maximum allowed size')
    assert 'pixels' not in page.text('#facts')
    assert 'Traceback' not in page.browser.page_source


def test_nothing_outside_is_asked_for(browser, url):
    """Over all tests above; the browser would not reach it anyway."""
    Page(browser, f'{url}?__theme=dark')
    asked = requested_addresses(browser)
    assert len(asked) > 20
    local = (url, 'data:', 'blob:', 'about:')
    assert [each for each in asked if not each.startswith(local)] == []
