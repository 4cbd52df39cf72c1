# SPDX-License-Identifier: Apache-2.0
"""Three houses over lines with 300 ms round trips that stall and are cut (bad_line.py): whatever is written meanwhile, all have it in the end."""
import os
import time

import bad_line
import kith

SEED = int(os.environ.get("KITH_SEED", "1"))
POSTS_MAX = 150  # enough to be cut in the middle of, and no long wait afterwards
CUTS_MIN = 4  # on each line, while they write


class BadLines(kith.HouseTest):
    def setUp(self):
        super().setUp()
        self.street = [self.house(name) for name in ("ana", "ben", "dan")]
        self.lines = {}
        for i, house in enumerate(self.street):
            line = bad_line.BadLine(SEED * 10 + i)
            self.addCleanup(line.end)
            self.lines[house.name] = line

    def serve(self, house):
        """Others are told the line's address alone."""
        told = house.serve("--listen", "none", "--announce", self.lines[house.name].multiaddr)
        self.lines[house.name].target = house.port
        return told

    def test_three_houses_converge_over_delay_stalls_and_cuts(self):
        ana, ben, dan = self.street
        ana.found()
        told = self.serve(ana)
        self.assertEqual(told["addresses"], [f"{self.lines['ana'].multiaddr}/p2p/{ana.peer}"])
        link = ana.invite("--uses", "2")
        for house in (ben, dan):
            house.join(link)
            self.serve(house)
        for line in self.lines.values():
            line.is_cutting = True
        written = []
        # Only lines that somebody has dialed can be cut: who dials whom is the houses' own affair.
        end = time.monotonic() + kith.WAIT_S
        while sum(line.cuts for line in self.lines.values()) < CUTS_MIN * len(self.lines) or len(written) < 30:
            for house in self.street if len(written) < POSTS_MAX else ():
                written.append(f"{len(written)} from {house.name}")
                house.post(written[-1])
            self.assertLess(time.monotonic(), end + kith.WAIT_S, "the lines were never cut")
            time.sleep(0.3)
        for house in self.street:
            kith.until(lambda h=house: set(h.bodies().values()) >= set(written), f"{house.name} has all {len(written)} (seed {SEED})")
            self.assertEqual(sorted(house.bodies().values()), sorted(written))
        # They were in touch over these lines and no other.
        self.assertGreater(sum(line.carried for line in self.lines.values()), 100 * len(written))
        self.assertGreater(sum(line.stalls for line in self.lines.values()), 0)
        ways = {peer["path"] for house in self.street for peer in house.one("peers")["peers"] if peer["path"] and peer["role"] == "dialed"}
        self.assertLessEqual({way.split("/")[4] for way in ways}, {str(line.port) for line in self.lines.values()})

    def test_a_round_trip_is_what_the_line_makes_it(self):
        ana, ben, _ = self.street
        ana.found()
        self.serve(ana)
        ben.join(ana.invite())
        self.serve(ben)

        def measured():
            return [peer["round_trip_ms"] for peer in ben.one("peers")["peers"] if peer.get("round_trip_ms") is not None]
        self.assertGreaterEqual(kith.until(measured, "a round trip is measured")[0], 2 * bad_line.DELAY_S * 1000)


if __name__ == "__main__":
    kith.main()
