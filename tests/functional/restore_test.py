# SPDX-License-Identifier: Apache-2.0
"""One person on several devices: back from twelve words, alone or with a rescue code; lost devices ended, new ones linked; what is mistyped is named; what a house
keeps for others it cannot read."""
import os
import shutil

import kith


class Restore(kith.HouseTest):
    def setUp(self):
        super().setUp()
        self.ana, self.dan = self.house("ana"), self.house("dan")
        self.ana.found()
        self.ana.serve()
        self.dan.join(self.ana.invite())
        self.dan.one("post", "From Dan, before the flood", "--rest", "0")
        self.dan.one("sync", self.ana.address)
        self.ana.post("From Ana")
        self.code = self.dan.one("rescue")["code"]

    def restore(self, house, *more, words=None, code=None):
        return house.run("restore", code or self.code, "--at", self.ana.address, "--with-words", words or self.dan.words, "--json", *more)

    def bodies(self, house):
        return {thread["post"]["body"] for thread in house.kith("feed")}

    def test_words_and_a_rescue_code_bring_everything_back(self):
        before = self.dan.one("status")
        shutil.rmtree(self.dan.home)
        again = self.house("again")
        back = again.one("restore", self.code, "--at", self.ana.address, "--with-words", self.dan.words)
        self.assertEqual(back["person"], before["me"]["person"])
        self.assertEqual(back["name"], "dan")
        self.assertEqual(back["place"], "Elm Street")
        self.assertNotEqual(back["device"], before["me"]["device"])
        self.assertGreater(back["entries"], 3)
        self.assertEqual(self.bodies(again), {"From Dan, before the flood", "From Ana"})

        again.one("post", "From Dan, on dry land", "--rest", "0")
        again.one("sync", self.ana.address)
        self.assertIn("From Dan, on dry land", self.bodies(self.ana))
        self.assertEqual(self.ana.one("status")["doubled"], 0)
        self.assertEqual(len(self.ana.kith("members")), 2)

        lost = before["me"]["device"]
        self.assertEqual(again.one("retire", lost[:12], "--with-words", self.dan.words), {"retired": lost, "own_space": True})
        again.one("sync", self.ana.address)
        states = {one["device"]: one["retired"] for one in self.ana.kith("devices")}
        self.assertTrue(states[lost])
        self.assertFalse(states[back["device"]])

    def back_by_words(self, at, name="again"):
        again = self.house(name)
        return again, again.one("restore", "--at", at, "--with-words", self.dan.words)

    def notes(self, house):
        return {note["body"] for note in house.kith("notes")}

    def test_words_and_a_door_alone_bring_everything_back(self):
        before = self.dan.one("status")
        self.dan.one("note", "The spare key hangs behind the third shutter")
        self.dan.one("sync", self.ana.address)
        self.assertEqual(self.ana.one("status")["kept"]["spaces"], 1)
        shutil.rmtree(self.dan.home)
        again, back = self.back_by_words(self.ana.address)
        self.assertEqual(back["person"], before["me"]["person"])
        self.assertEqual(back["place"], "Elm Street")
        self.assertEqual(again.one("status")["me"]["personal"], before["me"]["personal"])
        self.assertEqual(self.bodies(again), {"From Dan, before the flood", "From Ana"})
        self.assertEqual(self.notes(again), {"The spare key hangs behind the third shutter"})

        # The next device finds what this one writes.
        again.one("note", "It has rusted")
        again.one("sync", self.ana.address)
        third, _ = self.back_by_words(self.ana.address, "third")
        self.assertEqual(self.notes(third), {"The spare key hangs behind the third shutter", "It has rusted"})
        self.assertEqual(self.ana.one("status")["doubled"], 0)

    def test_over_the_network_and_after_a_restart_of_the_house_that_keeps_it(self):
        self.dan.one("note", "Water the tomatoes")
        self.dan.one("sync", self.ana.address)
        self.ana.stop()
        told = self.ana.serve()
        address = next(one for one in told["addresses"] if "/tcp/" in one)
        again, _ = self.back_by_words(address)
        self.assertEqual(self.notes(again), {"Water the tomatoes"})

    def test_what_is_kept_cannot_be_read_by_who_keeps_it(self):
        secret = "Nobody else ever reads zanzibar"
        self.dan.one("note", secret)
        self.dan.one("sync", self.ana.address)
        self.ana.stop()
        kept = [name for name in os.listdir(self.ana.home) if name.startswith("kept-")]
        self.assertTrue(kept)
        for name in os.listdir(self.ana.home):
            path = os.path.join(self.ana.home, name)
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                self.assertNotIn(b"zanzibar", file.read(), name)
            if name in kept:
                self.assertEqual(os.stat(path).st_mode & 0o077, 0, name)

    def test_words_that_nobody_keeps_name_the_remedy(self):
        mira = self.house("mira")
        mira.found("Oak Street")
        again = self.house("again")
        done = again.run("restore", "--at", self.ana.address, "--with-words", mira.words)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("rescue code", done.stderr)
        self.assertIn("another house", done.stderr)
        self.assertEqual(again.run("status").returncode, 5)

    def test_a_rescue_code_does_where_nobody_keeps_it(self):
        # Dan's house was never up while Ana's was.
        self.dan.one("sync", self.ana.address)
        code = self.ana.one("rescue")["code"]
        self.ana.stop()
        self.dan.serve()
        again = self.house("again")
        back = again.one("restore", code, "--at", self.dan.address, "--with-words", self.ana.words)
        self.assertEqual(back["name"], "ana")
        self.assertEqual(self.bodies(again), {"From Dan, before the flood", "From Ana"})

    def test_what_is_mistyped_is_named(self):
        with open(self.dan.words) as file:
            words = file.read().split()
        wrong = self.dan.words + ".wrong"
        with open(wrong, "w") as file:
            file.write(" ".join(words[:4] + ["elefant"] + words[5:]))
        done = self.restore(self.house("again"), words=wrong)
        self.assertEqual(done.returncode, 9, done.stderr)
        self.assertIn("Word 5", done.stderr)
        self.assertIn("elephant", done.stderr)
        done = self.restore(self.house("again"), code=self.code[:-1] + ("a" if self.code[-1] != "a" else "b"))
        self.assertEqual(done.returncode, 15, done.stderr)
        self.assertIn("mistyped", done.stderr)
        done = self.restore(self.house("again"), code=self.code[:20])
        self.assertIn("38 characters are missing", done.stderr)

    def test_words_of_nobody_here_bring_nothing_and_leave_nothing(self):
        mira = self.house("mira")
        mira.found("Oak Street")
        again = self.house("again")
        done = self.restore(again, words=mira.words)
        self.assertEqual(done.returncode, 20, done.stderr)
        self.assertEqual(again.run("status").returncode, 5)

    def test_a_house_asks_the_words_back_before_it_ends_a_device(self):
        device = self.dan.one("status")["me"]["device"]
        again = self.house("again")
        again.one("restore", self.code, "--at", self.ana.address, "--with-words", self.dan.words)
        done = again.run("retire", device[:12], "--with-words", self.ana.words)
        self.assertEqual(done.returncode, 9, done.stderr)
        self.assertIn("somebody else's", done.stderr)
        done = again.run("retire", "ffffffff", "--with-words", self.dan.words)
        self.assertEqual(done.returncode, 5, done.stderr)

    def test_a_code_of_no_device_is_refused(self):
        done = self.ana.run("link", "aeb3", "--with-words", self.ana.words)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("code of a new device", done.stderr)


if __name__ == "__main__":
    kith.main()
