# SPDX-License-Identifier: Apache-2.0
"""Two houses on a LAN of their own: network namespaces with a cable between them. They find each other by mDNS, and bear changes of address, cuts, loss and
delay. Skipped, and said so, where the machine does not permit namespaces."""
import glob
import os
import subprocess
import unittest

import kith


def ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, text=True)


class Lan:
    """Two namespaces, a and b, and a cable."""

    def __init__(self):
        self.spaces = [f"kith{os.getpid()}{end}" for end in "ab"]
        self.interfaces = ["house0", "house1"]

    def up(self):
        """What was missing; empty if all is there."""
        for space in self.spaces:
            done = ip("netns", "add", space)
            if done.returncode != 0:
                return "no network namespaces here: " + done.stderr.strip()
        done = ip("link", "add", self.interfaces[0], "netns", self.spaces[0], "type", "veth", "peer", "name", self.interfaces[1], "netns", self.spaces[1])
        if done.returncode != 0:
            return "no cable between namespaces: " + done.stderr.strip()
        for end in (0, 1):
            self.ip(end, "link", "set", "lo", "up")
            self.ip(end, "addr", "add", f"10.77.0.{end + 1}/24", "dev", self.interfaces[end])
            self.ip(end, "link", "set", self.interfaces[end], "up")
        return ""

    def down(self):
        for space in self.spaces:
            ip("netns", "del", space)

    def ip(self, end, *arguments):
        done = ip("-n", self.spaces[end], *arguments)
        assert done.returncode == 0, (arguments, done.stderr)

    def inside(self, end, *command):
        return ["ip", "netns", "exec", self.spaces[end], *command]


class HousesOnALan(kith.HouseTest):
    def setUp(self):
        super().setUp()
        self.lan = Lan()
        self.addCleanup(self.lan.down)
        missing = self.lan.up()
        if missing:
            self.skipTest(missing)
        self.ana, self.dan = self.house("ana"), self.house("dan")
        for end, house in enumerate((self.ana, self.dan)):
            house.prefix = self.lan.inside(end)
        self.ana.found()
        self.serve(self.ana)
        self.dan.join(self.ana.invite())

    def serve(self, house):
        """On another port each time: what others remember leads nowhere, so they have to find it."""
        house.port = None
        house.serve(discovery=True)

    def live(self, house):
        def look():
            return [peer for peer in house.one("peers")["peers"] if peer["state"] == "live"]
        return kith.until(look, f"{house.name} is in touch")[0]

    def exchange(self, text):
        for house in (self.ana, self.dan):
            house.one("post", f"{text}, from {house.name}", "--rest", "0")
        for house in (self.ana, self.dan):
            for other in (self.ana, self.dan):
                kith.until(lambda h=house, o=other: f"{text}, from {o.name}" in [t["post"]["body"] for t in h.kith("feed")], f"{house.name} has {other.name}'s")

    def test_each_finds_the_other_by_mdns(self):
        for first, second in ((self.ana, self.dan), (self.dan, self.ana)):
            for house in (self.ana, self.dan):
                house.stop()
            self.serve(first)
            self.serve(second)
            for house in (first, second):
                self.live(house)

            def found():
                peers = [peer for house in (first, second) for peer in house.one("peers")["peers"]]
                return any(address["source"] == "mdns" for peer in peers for address in peer["addresses"])
            kith.until(found, "one has found the other by mDNS")
            self.exchange(f"{first.name} first")

    def test_js_libp2p_and_we_find_each_other(self):
        interop = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop")
        found = glob.glob(os.path.join(interop, "node_modules", "node-linux-*", "bin", "node"))
        if not found or not os.path.isdir(os.path.join(interop, "node_modules", "@libp2p", "mdns")):
            self.skipTest("no js-libp2p here: script/setup fetches it")
        # js-libp2p asks and answers on whatever interface the route to the group names.
        self.lan.ip(1, "route", "add", "224.0.0.0/4", "dev", "house1")
        js = subprocess.Popen(self.lan.inside(1, found[0], os.path.join(interop, "mdns_peer.js"), "/ip4/10.77.0.2/tcp/0"), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
        try:
            peer = js.stdout.readline().strip()
            self.assertTrue(peer.startswith("12D3"), peer)
            self.assertIn(self.ana.peer, (line.strip() for line in iter(js.stdout.readline, "")))

            def known():
                return [one for one in self.ana.one("peers")["peers"] if one["peer"] == peer and one["state"] == "stranger"]
            self.assertIn("mdns", {address["source"] for address in kith.until(known, "we have found js, and it is no house of ours")[0]["addresses"]})
        finally:
            js.stdin.close()
            js.kill()
            js.wait()
            js.stdout.close()

    def test_an_interface_that_comes_later_is_used(self):
        self.ana.stop()
        self.lan.ip(0, "link", "set", "house0", "down")
        self.serve(self.ana)
        self.serve(self.dan)
        self.lan.ip(0, "link", "set", "house0", "up")
        self.exchange("The cable is in")

    def test_a_house_that_changes_its_address_is_found_again(self):
        self.serve(self.dan)
        self.live(self.dan)
        self.lan.ip(0, "addr", "del", "10.77.0.1/24", "dev", "house0")
        self.lan.ip(0, "addr", "add", "10.77.0.9/24", "dev", "house0")
        self.exchange("At a new address")

    def test_a_cut_is_got_over(self):
        self.serve(self.dan)
        self.live(self.dan)
        self.lan.ip(0, "link", "set", "house0", "down")
        self.ana.one("post", "while the cable was out", "--rest", "0")
        self.lan.ip(0, "link", "set", "house0", "up")
        kith.until(lambda: "while the cable was out" in [t["post"]["body"] for t in self.dan.kith("feed")], "Dan has it")

    def test_loss_and_delay_are_borne(self):
        shaped = subprocess.run(self.lan.inside(0, "tc", "qdisc", "add", "dev", "house0", "root", "netem", "delay", "300ms", "loss", "5%"), capture_output=True,
                                text=True)
        if shaped.returncode != 0:
            self.skipTest("no tc netem here: " + shaped.stderr.strip())
        self.serve(self.dan)
        self.exchange("Over a bad line")
        self.assertGreaterEqual(self.live(self.dan)["round_trip_ms"] or 300, 300)


if __name__ == "__main__":
    unittest.main(verbosity=1)
