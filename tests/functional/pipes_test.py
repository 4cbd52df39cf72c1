# SPDX-License-Identifier: Apache-2.0
"""Sync and joining over a command's input and output (--via), with and without nodes that run on either side."""
import kith


class Pipes(kith.HouseTest):
    def setUp(self):
        super().setUp()
        self.ana, self.dan = self.house("ana"), self.house("dan")
        self.ana.found()

    def via(self, house):
        return f"{kith.KITH} sync --stdio --home {house.home}"

    def both_have(self, *texts):
        for house in (self.ana, self.dan):
            seen = [thread["post"]["body"] for thread in house.kith("feed")]
            self.assertEqual(sorted(seen), sorted(texts), house.name)

    def exchange(self):
        self.ana.one("post", "from Ana", "--rest", "0")
        self.dan.one("post", "from Dan", "--rest", "0")
        self.dan.one("sync", "--via", self.via(self.ana))
        self.both_have("from Ana", "from Dan")

    def test_join_and_sync_while_nobody_serves(self):
        self.dan.join(self.ana.invite(), "--via", self.via(self.ana))
        self.exchange()

    def test_join_and_sync_while_both_serve(self):
        self.ana.serve()
        self.dan.join(self.ana.invite(), "--via", self.via(self.ana))
        self.dan.serve()
        self.exchange()

    def test_a_third_house_learns_from_the_second(self):
        eve = self.house("eve")
        self.dan.join(self.ana.invite(), "--via", self.via(self.ana))
        self.ana.one("post", "from Ana", "--rest", "0")
        self.dan.one("sync", "--via", self.via(self.ana))
        link = self.ana.invite()
        self.dan.one("sync", "--via", self.via(self.ana))
        eve.join(link, "--via", self.via(self.dan))
        self.assertEqual([thread["post"]["body"] for thread in eve.kith("feed")], ["from Ana"])
        self.assertEqual({member["name"] for member in eve.kith("members")}, {"ana", "dan", "eve"})

    def test_a_command_that_is_no_kith_is_said(self):
        self.dan.join(self.ana.invite(), "--via", self.via(self.ana))
        self.refused(self.dan.run("sync", "--via", "echo Permission denied"), 23, "not kith", "Permission denied")
        self.refused(self.dan.run("sync", "--via", "exit 3"), 26, "ended")


if __name__ == "__main__":
    kith.main()
