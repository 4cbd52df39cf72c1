# SPDX-License-Identifier: Apache-2.0
"""The commands by themselves: the same answers with and without a node that runs, one object or one a line, undo while it rests."""
import json
import sqlite3

import kith


class Commands(kith.HouseTest):
    def setUp(self):
        super().setUp()
        self.ana = self.house("ana")
        self.ana.found()

    def both_ways(self, check):
        check("opened here")
        self.ana.serve()
        check("over the node")

    def test_writing_and_reading_is_the_same_with_and_without_a_node(self):
        def check(way):
            post = self.ana.one("post", f"Lost: a grey cat, {way}")
            reply = self.ana.one("reply", post["id"], "Seen at no. 12")
            self.assertEqual(self.ana.one("edit", post["id"], f"Found, {way}")["body"], f"Found, {way}")
            thread = self.ana.one("thread", reply["id"])
            self.assertEqual((thread["post"]["body"], [r["id"] for r in thread["replies"]]), (f"Found, {way}", [reply["id"]]))
            self.assertIn(post["id"], [t["id"] for t in self.ana.kith("feed")])
            self.assertTrue(self.ana.one("delete", reply["id"])["withdrawn"])
            self.assertEqual(self.ana.one("thread", post["id"])["replies"], [])
            note = self.ana.one("note", f"Ladder, {way}")
            self.assertEqual(self.ana.kith("notes")[0]["id"], note["id"])
            self.assertEqual([m["name"] for m in self.ana.kith("members")], ["ana"])
            events = [entry["event"] for entry in self.ana.kith("log", "--limit", "1000")]
            self.assertIn("post written", events)
            self.assertIn("reply written", events)

        self.both_ways(check)

    def test_undo_takes_back_what_rests_and_refuses_what_has_left(self):
        def check(way):
            first = self.ana.one("post", f"first, {way}", "--rest", "600")
            second = self.ana.one("post", f"second, {way}", "--rest", "600")
            self.assertEqual(self.ana.one("undo")["event"], "post written")
            self.assertEqual([t["id"] for t in self.ana.kith("feed")], [first["id"]])
            self.ana.one("undo", "--pos", str(first["pos"]))
            self.assertEqual(self.ana.kith("feed"), [])
            self.refused(self.ana.run("undo", "--pos", str(second["pos"])), 5)

        self.both_ways(check)

    def test_undo_of_a_sealed_post_says_what_to_do_instead(self):
        self.ana.serve()
        post = self.ana.post("Off it goes")
        kith.until(lambda: self.ana.one("status")["tail"] == 0, "it is sealed")
        self.refused(self.ana.run("undo"), 14, "kith delete")
        self.refused(self.ana.run("undo", "--pos", str(post["pos"])), 14)

    def test_only_the_author_edits_and_deletes(self):
        dan = self.house("dan")
        self.ana.serve()
        dan.join(self.ana.invite())
        post = self.ana.post("Ana's words")
        dan.one("sync", self.ana.address)
        self.refused(dan.run("edit", post["id"], "Dan's words"), 14, "author")
        self.refused(dan.run("delete", post["id"]), 14, "author")
        self.assertEqual(dan.one("thread", post["id"])["post"]["body"], "Ana's words")

    def test_people_read_plain_lines(self):
        post = self.ana.one("post", "Lost: a grey cat\nshe is shy")
        out = self.ana.run("feed").stdout
        self.assertIn("ana, ", out)
        self.assertIn("  Lost: a grey cat\n  she is shy", out)
        self.assertIn(post["id"], out)
        self.assertIn("Elm Street: 1 neighbour, you are ana.", self.ana.run("status").stdout)
        self.assertIn("founder, you", self.ana.run("members").stdout)
        self.assertIn("name chosen", self.ana.run("log").stdout)
        self.assertTrue(self.ana.run("invite").stdout.startswith("kith:"))

    def test_the_journal_pages(self):
        for i in range(5):
            self.ana.one("post", f"no. {i}", "--rest", "0")
        whole = self.ana.kith("log", "--limit", "1000")
        self.assertEqual(len({entry["pos"] for entry in whole}), len(whole))
        pages, after = [], "0"
        while page := self.ana.kith("log", "--limit", "2", "--after", after):
            pages += page
            after = str(page[-1]["pos"])
        self.assertEqual(json.dumps(pages), json.dumps(whole))

    def test_the_stock_shell_reads_the_file(self):
        self.ana.one("post", "Plain SQL")
        database = sqlite3.connect(f"file:{self.ana.home}/space.kith?mode=ro", uri=True)
        try:
            self.assertEqual(database.execute("SELECT body FROM posts").fetchall(), [("Plain SQL",)])
        finally:
            database.close()


if __name__ == "__main__":
    kith.main()
