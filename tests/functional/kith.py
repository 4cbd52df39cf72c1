# SPDX-License-Identifier: Apache-2.0
"""Houses for tests: real `kith` processes on temporary homes, loopback and Unix sockets only.

Every test owns a directory of its own under /tmp (socket paths are short) and asks the system for free ports, so tests run beside each other.
The program under test is $KITH."""
import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

KITH = os.environ.get("KITH", "kith")
WAIT_S = 60  # until something that must happen has happened; generous, because the machine may be busy


def peer_id(host_key):
    """The text of the PeerId of an Ed25519 public key: base58btc of its multihash."""
    digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = int.from_bytes(bytes.fromhex("002408011220") + host_key, "big")
    out = ""
    while number:
        number, digit = divmod(number, 58)
        out = digits[digit] + out
    return "1" + out


class Failed(Exception):
    def __init__(self, arguments, done):
        super().__init__(f"kith {' '.join(arguments)} -> {done.returncode}: {done.stderr}")
        self.code = done.returncode
        self.stderr = done.stderr
        self.stdout = done.stdout


def environment(extra=None):
    out = {k: v for k, v in os.environ.items() if not k.startswith("KITH_")}
    out.update(extra or {})
    return out


def run(*arguments, input=None, env=None, prefix=()):
    """Output and all; raises nothing. `prefix`: a command that runs it somewhere else."""
    return subprocess.run([*prefix, KITH, *arguments], capture_output=True, text=True, input=input, env=environment(env), timeout=WAIT_S * 2)


def until(condition, what):
    """Waits for a condition; its last value is returned."""
    end = time.monotonic() + WAIT_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {WAIT_S} s: {what}")
        time.sleep(0.02)


class House:
    """One person's installation."""

    def __init__(self, directory, name):
        self.name = name
        self.home = os.path.join(directory, name)
        self.words = os.path.join(directory, name + ".words")
        self.process = None
        self.port = None
        self.address = None
        self.peer = None
        self.prefix = ()

    # -- commands
    def run(self, *arguments, **options):
        return run(*arguments, "--home", self.home, prefix=self.prefix, **options)

    def kith(self, *arguments, **options):
        """The JSON answer (a list for several lines); raises Failed."""
        done = self.run(*arguments, "--json", **options)
        if done.returncode != 0:
            raise Failed(arguments, done)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return lines

    def one(self, *arguments, **options):
        lines = self.kith(*arguments, **options)
        assert len(lines) == 1, lines
        return lines[0]

    def found(self, place="Elm Street"):
        return self.one("found", place, "--name", self.name, "--words-file", self.words)

    def join(self, link, *more):
        return self.one("join", link, "--name", self.name, "--words-file", self.words, *more)

    def invite(self, *more):
        return self.one("invite", *more)["link"]

    # -- the running node
    def serve(self, *more, env=None, discovery=False):
        """On the same port as before, so that others find it again. Without discovery tests do not meet each other's houses."""
        more = more if discovery else ("--no-discovery", *more)
        self.process = subprocess.Popen([*self.prefix, KITH, "serve", "--home", self.home, "--port", str(self.port or 0), "--json", *more], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment(env))
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.name} did not start: {self.process.stderr.read()}")
        told = json.loads(line)
        self.port = int(told["url"].rsplit(":", 1)[1])
        self.address = told["address"]
        self.peer = told["peer"]
        return told

    def stop(self, sign=signal.SIGTERM):
        """The exit code."""
        if self.process is None:
            return None
        self.process.send_signal(sign)
        code = self.process.wait(timeout=WAIT_S)
        self.process.stdout.close()
        self.process.stderr.close()
        self.process = None
        return code

    def kill(self):
        return self.stop(signal.SIGKILL)

    def request(self, method, path, body=None, headers=None, raw=None):
        """Status, headers, text. `body`: JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        with contextlib.closing(connection):
            send = {"Host": f"localhost:{self.port}"}
            if body is not None:
                raw = json.dumps(body)
                send["Content-Type"] = "application/json"
            send.update(headers or {})
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for key, value in send.items():
                connection.putheader(key, value)
            data = (raw or "").encode()
            if data or method in ("POST", "PATCH"):
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()

    def api(self, method, path, body=None):
        status, _, text = self.request(method, path, body)
        assert status < 400, (method, path, status, text)
        return json.loads(text) if text else None

    def post(self, text, rest_ms=0):
        return self.api("POST", "/api/posts", {"body": text, "rest_ms": rest_ms})

    def bodies(self):
        """All texts that this house shows, with their ids."""
        out = {}
        cursor = ""
        while True:
            page = self.api("GET", "/api/posts?limit=200" + cursor)
            for thread in page["threads"]:
                if thread["post"]:
                    out[thread["id"]] = thread["post"]["body"]
                if thread["replies"]:
                    for reply in self.api("GET", "/api/posts/" + thread["id"])["replies"]:
                        out[reply["id"]] = reply["body"]
            if page["next"] is None:
                return out
            cursor = "&before=" + page["next"]


class HouseTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="kith-", dir="/tmp")
        self.houses = []

    def tearDown(self):
        for house in self.houses:
            if house.process is not None:
                house.process.kill()
                house.process.wait()
                house.process.stdout.close()
                house.process.stderr.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def house(self, name):
        self.houses.append(House(self.directory, name))
        return self.houses[-1]

    def refused(self, done, code, *parts):
        """A clear sentence on standard error, this exit code, nothing on standard output."""
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertTrue(done.stderr.strip().splitlines()[-1].startswith("kith: "), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertEqual(done.stdout, "")


def main():
    unittest.main(verbosity=1, argv=[sys.argv[0], *sys.argv[1:]])
