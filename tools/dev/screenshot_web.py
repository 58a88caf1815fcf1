"""Pictures of the web page for the documentation, made in a real browser."""

import argparse
import sys
from io import BytesIO
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from headless_browser import open_browser, resize, wait_for
from PIL import Image
from selenium.webdriver.common.by import By

from adacode_mm.core.exceptions import InputError
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.web.model_shelf import ModelShelf
from adacode_mm.web.server import serving

PATIENCE = 600  # seconds
DESKTOP, TELEPHONE = (1280, 900), (390, 844)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--model', required=True, help='for super-resolution')
    parser.add_argument('--picture', required=True, help='to restore')
    parser.add_argument('--out', default='docs/images', help='folder')
    return parser.parse_args()


def photograph(
    url: str, picture: Path, size: tuple[int, int], path: Path
) -> None:
    """Restore a picture on the page and keep what is seen then.

    Args:
        url: Of the page, with its colours.
        picture: To restore.
        size: Of the browser.
        path: For the whole page, PNG.
    """
    browser = open_browser(*size)
    try:
        browser.get(url)

        def all_of(selector):
            return browser.find_elements(By.CSS_SELECTOR, selector)

        wait_for(lambda: all_of('#picture input[type=file]'))
        all_of('#picture input[type=file]')[0].send_keys(str(picture))
        wait_for(lambda: all_of('#facts')[0].text)
        wait_for(lambda: all_of('#restore')[0].is_enabled())
        all_of('#restore')[0].click()
        wait_for(lambda: all_of('#weights img'), PATIENCE)
        wait_for(lambda: not all_of('#stop')[0].is_enabled())
        height = browser.execute_script(
            'return document.documentElement.scrollHeight'
        )
        resize(browser, size[0], height)
        wait_for(
            lambda: all(
                image.get_property('complete') for image in all_of('img')
            )
        )
        with Image.open(BytesIO(browser.get_screenshot_as_png())) as image:
            image.convert('RGB').save(path, optimize=True)
    finally:
        browser.quit()


def main() -> None:
    args = parse_args()
    picture, folder = Path(args.picture).absolute(), Path(args.out)
    shelf = ModelShelf(Restorer.from_pretrained)
    shelf.add_named([args.model])
    shelf.add_published()
    with serving(shelf, port=0) as url:
        light, dark = f'{url}?__theme=light', f'{url}?__theme=dark'
        photograph(light, picture, DESKTOP, folder / 'web.png')
        photograph(dark, picture, TELEPHONE, folder / 'web_telephone.png')


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted')
