# SPDX-License-Identifier: Apache-2.0
"""Homes that the first program made (tests/vectors/first_homes) open with the program of today: nothing is lost, the founder's house seals the new tables, the other one
follows when it hears of that, and both come to the same."""
import contextlib
import os
import sqlite3
import tarfile

import kith

HOMES = os.path.join(os.path.dirname(__file__), "..", "vectors", "first_homes", "two_houses.tar.xz")
BEFORE = {"Lost: a grey cat", "Seen at no. 12", "A long ladder to lend"}
UNSENT = "Written offline, not sent yet"


class FirstHomes(kith.HouseTest):
    def setUp(self):
        super().setUp()
        with tarfile.open(HOMES) as homes:
            homes.extractall(self.directory)
        self.ana, self.dan = self.house("Ana"), self.house("Dan")

    def rows(self, house, sql):
        path = os.path.join(house.home, "space.kith")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchall()

    def agreed(self, house):
        return self.rows(house, "SELECT value FROM kith_meta WHERE name = 'schema'")[0][0]

    def seals(self, house):
        return self.rows(house, "SELECT count(*) FROM kith_journal WHERE kind = 15")[0][0]

    def texts(self, house):
        return {body for body, in self.rows(house, "SELECT body FROM posts")}

    def test_nothing_is_lost_and_both_houses_move(self):
        self.assertNotIn("listings", self.agreed(self.ana))
        self.dan.serve()  # on the new program first: it waits for the founder
        self.assertEqual(set(self.dan.bodies().values()), BEFORE | {UNSENT})
        self.assertEqual(self.seals(self.dan), 0)
        self.assertNotIn("listings", self.agreed(self.dan))
        self.assertEqual(self.rows(self.dan, "SELECT count(*) FROM listings"), [(0,)])
        waiting = self.dan.post("Still in the old tables")
        self.ana.serve()
        self.assertEqual(self.seals(self.ana), 1)
        self.assertIn("listings", self.agreed(self.ana))
        self.assertEqual(set(self.ana.bodies().values()), BEFORE)
        self.ana.post("In the new tables")
        self.ana.one("sync", self.dan.address)
        kith.until(lambda: waiting["id"] in self.ana.bodies(), "Ana has what Dan wrote")
        kith.until(lambda: "In the new tables" in self.dan.bodies().values(), "Dan has what Ana wrote")
        kith.until(lambda: "listings" in self.agreed(self.dan), "Dan's tables have followed the seal")
        self.assertEqual(self.dan.bodies(), self.ana.bodies())
        self.assertEqual(self.agreed(self.dan), self.agreed(self.ana))
        self.assertEqual(self.texts(self.dan), self.texts(self.ana))
        self.assertEqual({member["name"] for member in self.dan.kith("members")}, {"Ana", "Dan"})
        self.assertEqual([note["body"] for note in self.dan.kith("notes")], ["for myself"])
        for house in (self.ana, self.dan):
            self.assertEqual(self.rows(house, "PRAGMA integrity_check"), [("ok",)])
            house.stop()
            house.serve()
            self.assertEqual(self.seals(house), 1, "one move, one seal")

    def test_a_certificate_authority_made_later_is_named_by_a_seal(self):
        self.ana.serve("--tls", "auto")
        self.assertEqual(self.seals(self.ana), 2, "the new tables, and the authority")
        self.ana.stop()
        self.ana.serve("--tls", "auto")
        self.assertEqual(self.seals(self.ana), 2, "it is named once")


if __name__ == "__main__":
    kith.main()
