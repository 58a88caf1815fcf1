"""A Chromium without a window that reaches nothing but this machine."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.service import Service

ANSWER = TypeVar('ANSWER')
PAGE_SECONDS = 60  # for a page to load
# The page drew something anew between two questions, or lays a message over
# it: ask again.
CHANGING = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
OPTIONS = (
    '--headless=new',
    '--no-sandbox',  # refused to root otherwise
    '--disable-dev-shm-usage',
    '--enable-unsafe-swiftshader',  # WebGL, which the mask editor draws with
    '--hide-scrollbars',
    '--force-device-scale-factor=1',
    '--lang=en',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
)


def find_programs() -> tuple[str | None, str | None]:
    """Chromium and its driver; None for what is not installed."""
    return (
        shutil.which('chromium') or shutil.which('chromium-browser'),
        shutil.which('chromedriver'),
    )


def open_browser(
    width: int = 1280, height: int = 900, downloads: Path | None = None
) -> webdriver.Chrome:
    """Start a browser; the caller quits it.

    Args:
        width: Of the page in pixels; below 500 it is a telephone.
        height: Of the page in pixels.
        downloads: Folder for what is downloaded; None refuses downloads.
    """
    chromium, driver = find_programs()
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability('goog:loggingPrefs', {'performance': 'ALL'})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    browser.set_page_load_timeout(PAGE_SECONDS)
    resize(browser, width, height)
    behavior = {'behavior': 'deny'}
    if downloads is not None:
        behavior = {'behavior': 'allow', 'downloadPath': str(downloads)}
    browser.execute_cdp_cmd('Browser.setDownloadBehavior', behavior)
    return browser


def resize(browser: webdriver.Chrome, width: int, height: int) -> None:
    """Give the page another size, beyond that of a screen if need be."""
    browser.execute_cdp_cmd(
        'Emulation.setDeviceMetricsOverride',
        {
            'width': width,
            'height': height,
            'deviceScaleFactor': 1,
            'mobile': width < 500,
        },
    )


def requested_addresses(browser: webdriver.Chrome) -> set[str]:
    """What the browser has asked for since the last call."""
    messages = [
        json.loads(entry['message'])['message']
        for entry in browser.get_log('performance')
    ]
    return {
        message['params']['request']['url']
        for message in messages
        if message['method'] == 'Network.requestWillBeSent'
    }


def wait_for(answer: Callable[[], ANSWER], seconds: float = 60) -> ANSWER:
    """Ask again and again until the answer is true.

    Raises:
        TimeoutError: If it never was.
    """
    end = time.monotonic() + seconds
    while True:
        changing = None
        try:
            if found := answer():
                return found
        except CHANGING as error:
            changing = error
        if time.monotonic() > end:
            raise TimeoutError(
                f'Not within {seconds} s: {answer}'
            ) from changing
        time.sleep(0.05)
