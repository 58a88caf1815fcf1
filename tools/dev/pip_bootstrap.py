"""Fetch pip's own wheel with the standard library alone.

Honours what pip would honour as far as that is simple: `PIP_INDEX_URL`,
`PIP_CERT`, `REQUESTS_CA_BUNDLE`, `index-url` and `cert` of pip's
configuration files, and, through Python itself, `SSL_CERT_FILE` and
`HTTPS_PROXY`.
"""

import configparser
import hashlib
import os
import re
import ssl
from html import unescape
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

# of the wheel of each version that may be pinned
SHA256 = {
    '26.3': 'f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13',
}
DEFAULT_INDEX = 'https://pypi.org/simple'
TIMEOUT_S = 60


class BootstrapError(RuntimeError):
    """pip could not be fetched; the message says why and what to do."""


def configured(option: str) -> str | None:
    """Value of an option in pip's configuration: variable, user, machine."""
    variable = os.environ.get('PIP_' + option.upper().replace('-', '_'))
    if variable:
        return variable
    home = Path.home()
    user = Path(os.environ.get('XDG_CONFIG_HOME') or home / '.config')
    files = [
        Path('/etc/pip.conf'),
        home / '.pip/pip.conf',
        user / 'pip/pip.conf',
    ]
    if os.environ.get('PIP_CONFIG_FILE'):
        files.append(Path(os.environ['PIP_CONFIG_FILE']))
    parser = configparser.RawConfigParser()
    parser.read(files)  # later files win; missing ones are skipped
    return parser.get('global', option, fallback=None)


def _read(url: str) -> bytes:
    authority = configured('cert') or os.environ.get('REQUESTS_CA_BUNDLE')
    context = None
    if urlsplit(url).scheme == 'https':
        context = ssl.create_default_context(cafile=authority)
    request = Request(url, headers={'Accept': 'text/html'})
    with urlopen(request, timeout=TIMEOUT_S, context=context) as answer:
        return answer.read()


def _file_name(url: str) -> str:
    return urlsplit(url).path.rpartition('/')[2]


def fetch_pip(version: str, folder: Path) -> Path:
    """Download pip's wheel and compare its checksum.

    Args:
        version: One of `SHA256`.
        folder: Where to put the wheel.

    Returns:
        The wheel's path.

    Raises:
        BootstrapError: It could not be had, or is not the expected file.
    """
    name = f'pip-{version}-py3-none-any.whl'
    index = (configured('index-url') or DEFAULT_INDEX).rstrip('/') + '/pip/'
    advice = (
        'install pip for this Python another way (on Debian: '
        'apt-get install python3.11-venv) and try again.'
    )
    try:
        page = _read(index).decode('utf-8', errors='replace')
        links = (
            urljoin(index, unescape(link))
            for link in re.findall(r'href="([^"]+)"', page)
        )
        link = next((x for x in links if _file_name(x) == name), None)
        if link is None:
            raise BootstrapError(f'{index} has no {name}: {advice}')
        content = _read(link)
    except (OSError, URLError) as error:
        raise BootstrapError(
            f'Could not fetch {name} from {index} ({error}): {advice}'
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256.get(version):
        raise BootstrapError(
            f'{name} from {index} has sha256 {found}, expected '
            f'{SHA256.get(version)}: {advice}'
        )
    wheel = folder / name
    wheel.write_bytes(content)
    return wheel
