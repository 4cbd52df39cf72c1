# SPDX-License-Identifier: Apache-2.0
"""The commands by themselves: the same answers with and without a node that runs, one object or one a line, undo while it rests."""
import json
import os
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

    def test_everything_is_taken_along_in_one_file_that_any_program_opens(self):
        def check(way):
            post = self.ana.one("post", "The gate squeaks", "--title", "Gate", "--tag", "gate")["id"]
            self.ana.one("reply", post, "Oil is in the shed")
            self.ana.one("offer", "A long ladder", "--kind", "lend")
            self.ana.one("note", "Meter reading 4711")
            taken = os.path.join(self.ana.home, way.replace(" ", "-") + ".sqlite")
            said = self.ana.one("export", taken)
            self.assertEqual(said["bytes"], os.path.getsize(taken))
            file = sqlite3.connect(taken)
            self.addCleanup(file.close)
            ask = lambda sql: file.execute(sql).fetchall()
            self.assertEqual(ask("PRAGMA integrity_check"), [("ok",)])
            tables = {name for (name,) in ask("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            self.assertEqual(tables, {"about", "people", "posts", "tags", "reactions", "listings", "requests", "photos", "photos_on", "my_notes", "my_drafts"})
            self.assertIn(("Gate", "The gate squeaks", None, "ana"), ask("SELECT title, body, thread, name FROM posts"))
            self.assertIn(("Oil is in the shed", post), ask("SELECT body, thread FROM posts"))
            self.assertIn(("A long ladder", "lend", "open", "ana"), ask("SELECT title, kind, state, name FROM listings"))
            self.assertIn(("Meter reading 4711",), ask("SELECT body FROM my_notes"))
            self.assertEqual(ask("SELECT name, founder, me FROM people"), [("ana", 1, 1)])
            ages = ask("SELECT abs(julianday(written) - julianday('now')) < 1 FROM posts")
            self.assertEqual(set(ages), {(1,)}, "times are the file's, in SQLite's own form")
            with open(taken, "rb") as bytes_of:
                everything = bytes_of.read()
            with open(self.ana.words) as words:
                self.assertNotIn(words.read().split()[0].encode() + b" ", everything, "no words")
            self.assertEqual(os.stat(taken).st_mode & 0o077, 0, "nobody else's to read")
            self.refused(self.ana.run("export", taken), 8, "none is overwritten")

        self.both_ways(check)

    def test_the_stock_shell_reads_the_file(self):
        self.ana.one("post", "Plain SQL")
        database = sqlite3.connect(f"file:{self.ana.home}/space.kith?mode=ro", uri=True)
        try:
            self.assertEqual(database.execute("SELECT body FROM posts").fetchall(), [("Plain SQL",)])
        finally:
            database.close()


if __name__ == "__main__":
    kith.main()
