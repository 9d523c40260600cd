"""Chromium without a screen, driven over W3C WebDriver: Debian's chromedriver and the standard
library, nothing else. Its traffic stays on loopback, its profile in a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--hide-scrollbars', '--window-size=1120,900']


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def available():
    return shutil.which('chromium') and shutil.which('chromedriver')


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix='nemuri-report-')
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True,
                                       start_new_session=True)
        try:
            self.base = f'http://127.0.0.1:{self._port()}/session'
            options = {'binary': shutil.which('chromium'),
                       'args': FLAGS + [f'--user-data-dir={self.profile}']}
            answer = self._call('POST', '', {'capabilities': {'alwaysMatch': {
                'goog:chromeOptions': options, 'goog:loggingPrefs': {'browser': 'ALL'}}}})
            self.base += '/' + answer['sessionId']
        except Exception:
            self.close()
            raise

    def _port(self):
        for line in self.driver.stdout:
            if 'successfully on port' in line:
                return int(line.rsplit('port', 1)[1].strip(' .\n'))
        raise RuntimeError('chromedriver ended before it listened')

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method)
        with DIRECT.open(request, timeout=60) as answer:
            return json.load(answer)['value']

    def open(self, file):
        self._call('POST', '/url', {'url': f'file://{file}'})

    def run(self, script, *arguments):
        return self._call('POST', '/execute/sync', {'script': script, 'args': list(arguments)})

    def console(self):
        """What the page has said since the last time."""
        return [entry['message'] for entry in self._call('POST', '/se/log', {'type': 'browser'})]

    def mouse(self, *steps):
        """Each step: (x, y) in the window to move there, 'down', or 'up'."""
        kinds = {'down': {'type': 'pointerDown', 'button': 0},
                 'up': {'type': 'pointerUp', 'button': 0}}
        actions = [kinds[step] if isinstance(step, str) else
                   {'type': 'pointerMove', 'x': int(step[0]), 'y': int(step[1]), 'duration': 20}
                   for step in steps]
        self._call('POST', '/actions', {'actions': [
            {'type': 'pointer', 'id': 'mouse', 'actions': actions}]})

    def close(self):
        try:
            if '/session/' in getattr(self, 'base', ''):
                self._call('DELETE', '')
        finally:
            os.killpg(self.driver.pid, signal.SIGTERM)
            self.driver.wait()
            self.driver.stdout.close()
            shutil.rmtree(self.profile, ignore_errors=True)
