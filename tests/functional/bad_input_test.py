# SPDX-License-Identifier: Apache-2.0
"""Every bad input that the issue names: a clear sentence with the remedy, a distinct exit code, nothing half-written; and a peer that misbehaves is
dropped, counted and named in `kith status`."""
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time

import kith

WORDS = "abandon " * 11 + "about"
YEAR_MS = 31_557_600_000


class BadInput(kith.HouseTest):
    def founded(self, name="ana"):
        house = self.house(name)
        house.found()
        return house

    def nothing_at(self, house):
        self.assertFalse(os.path.exists(house.home), os.listdir(self.directory))
        self.assertFalse(os.path.exists(house.words))

    def file(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(content)
        return path

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    # -- words

    def test_wrong_words_say_which(self):
        ana = self.house("ana")
        cases = [
            (WORDS.replace("about", "abuot"), "Word 12", "about"),
            ("abandon " * 11 + "abandon", "checksum", ""),
            ("abandon " * 10, "12", ""),
            ("", "12", ""),
        ]
        for words, *parts in cases:
            with self.subTest(words=words[-20:]):
                path = self.file("words", words)
                self.refused(ana.run("found", "Elm Street", "--name", "Ana", "--with-words", path), 9, *parts)
                self.refused(kith.run("words", "check", "--with-words", path, "--home", ana.home), 9, *parts)
                self.nothing_at(ana)

    def test_words_of_somebody_else_are_noticed(self):
        ana = self.founded()
        self.refused(ana.run("words", "check", "--with-words", self.file("words", WORDS)), 9, "not the ones")
        self.assertTrue(ana.one("words", "check", "--with-words", ana.words)["yours"])

    def test_words_go_to_a_private_file_that_must_not_exist(self):
        ana = self.founded()
        self.assertEqual(os.stat(ana.words).st_mode & 0o777, 0o600)
        before = self.read(ana.words)
        dan = kith.House(self.directory, "dan")
        self.refused(dan.run("found", "Oak Street", "--name", "Dan", "--words-file", ana.words), 8, "is there already")
        self.assertEqual(self.read(ana.words), before)
        self.nothing_at(dan)

    def test_without_a_terminal_words_need_a_file(self):
        ana = self.house("ana")
        self.refused(ana.run("found", "Elm Street", "--name", "Ana"), 2, "--words-file")
        self.nothing_at(ana)

    # -- invitations

    def test_a_mistyped_or_cut_off_invitation(self):
        ana, dan = self.founded(), self.house("dan")
        link = ana.invite()
        changed = link.replace(link[10], "A" if link[10] != "A" else "B", 1)
        for bad in ("hello", link[:30], changed, ""):
            with self.subTest(link=bad[:40]):
                self.refused(dan.run("join", bad, "--name", "Dan", "--words-file", dan.words), 15)
                self.nothing_at(dan)

    def test_a_used_invitation(self):
        ana, dan, eve = self.founded(), self.house("dan"), self.house("eve")
        ana.serve()
        link = ana.invite()
        dan.join(link)
        self.refused(eve.run("join", link, "--name", "Eve", "--words-file", eve.words), 18)
        self.nothing_at(eve)

    def test_an_expired_invitation(self):
        ana, dan = self.founded(), self.house("dan")
        link = ana.invite("--days", "1")
        later = {"KITH_CLOCK_OFFSET_MS": str(2 * 86_400_000)}
        ana.serve(env=later)
        self.refused(dan.run("join", link, "--name", "Dan", "--words-file", dan.words, env=later), 17)
        self.nothing_at(dan)

    def test_an_invitation_to_another_space(self):
        ana, eve, dan = self.founded(), self.founded("eve"), self.house("dan")
        ana.serve()
        link = eve.invite()
        wrong = link.split("&")[0] + "&a=" + ana.address
        done = dan.run("join", wrong, "--name", "Dan", "--words-file", dan.words)
        self.refused(done, done.returncode)
        self.assertIn(done.returncode, (16, 19, 24), done.stderr)
        self.nothing_at(dan)

    def test_an_invitation_whose_house_is_away(self):
        ana, dan = self.founded(), self.house("dan")
        self.refused(dan.run("join", ana.invite(), "--name", "Dan", "--words-file", dan.words), 27, "Nobody listens", "kith serve")
        self.nothing_at(dan)

    # -- places

    def test_a_port_in_use(self):
        ana = self.founded()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = ana.run("serve", "--port", str(taken.getsockname()[1]))
        self.refused(done, 28, "in use", "--port")
        ana.serve()  # and nothing is left that would be in the way

    def test_a_directory_that_another_process_has(self):
        ana = self.founded()
        ana.serve()
        self.refused(ana.run("serve", "--port", "0"), 7, "Another process", "--home")
        self.assertEqual(ana.one("status")["place"], "Elm Street")  # commands go through the process that has it

    def test_founding_twice_and_opening_nothing(self):
        ana = self.founded()
        words = os.path.join(self.directory, "more")
        self.refused(ana.run("found", "Oak Street", "--name", "Ana", "--words-file", words), 8, "already")
        self.assertFalse(os.path.exists(words))
        nobody = self.house("nobody")
        self.refused(nobody.run("feed"), 5, "kith found", "kith join")
        self.nothing_at(nobody)

    def test_a_home_that_is_no_directory_or_too_long(self):
        path = self.file("plain", "text")
        self.refused(kith.run("feed", "--home", path), 2, "not a directory")
        long = self.house("ana")
        long.home = os.path.join(self.directory, "x" * 120)
        long.found()
        self.refused(long.run("serve", "--port", "0"), 2, "too long", "--home")

    # -- files

    def test_a_full_disk_loses_nothing_that_was_acknowledged(self):
        disk = os.path.join(self.directory, "disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("no right to mount a small disk here")
        try:
            ana = kith.House(disk, "ana")
            ana.words = os.path.join(self.directory, "ana.words")
            ana.found()
            kept = []
            for i in range(400):
                done = ana.run("post", f"no. {i} " + "x" * 7000, "--json")
                if done.returncode != 0:
                    break
                kept.append(i)
            self.refused(done, 4, "space")
            self.assertGreater(len(kept), 3)
            eve = kith.House(disk, "eve")
            eve.words = os.path.join(self.directory, "eve.words")
            self.refused(eve.run("found", "Oak Street", "--name", "Eve", "--words-file", eve.words), 4)
            self.assertFalse(os.path.exists(eve.home), os.listdir(disk))
            subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
            self.assertEqual(len(ana.kith("feed", "--limit", "1000")), min(len(kept), 200))
            ana.one("post", "There is room again")
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_a_file_that_is_no_database(self):
        ana = self.founded()
        with open(os.path.join(ana.home, "space.kith"), "wb") as out:
            out.write(b"These are letters to the editor. " * 1000)
        for rest in ("-wal", "-shm"):
            if os.path.exists(os.path.join(ana.home, "space.kith" + rest)):
                os.unlink(os.path.join(ana.home, "space.kith" + rest))
        self.refused(ana.run("feed"), 11, "space.kith")

    def test_a_database_from_a_newer_version(self):
        ana = self.founded()
        path = os.path.join(ana.home, "space.kith")
        with sqlite3.connect(path) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            database.execute(f"PRAGMA user_version = {version + 1}")
        database.close()
        self.refused(ana.run("feed"), 12, "newer")

    def test_keys_that_others_can_read(self):
        ana = self.founded()
        keys = os.path.join(ana.home, "keys")
        for path, wide, narrow in ((keys, 0o644, 0o600), (ana.home, 0o755, 0o700)):
            os.chmod(path, wide)
            self.refused(ana.run("feed"), 6, "keys")
            os.chmod(path, narrow)
        ana.kith("feed")

    def test_keys_that_are_damaged_or_missing(self):
        ana = self.founded()
        keys = os.path.join(ana.home, "keys")
        shutil.copy(keys, keys + ".copy")
        with open(keys, "r+b") as file:
            file.truncate(100)
        done = ana.run("feed")
        self.refused(done, done.returncode)
        self.assertIn(done.returncode, (2, 10), done.stderr)
        os.replace(keys + ".copy", keys)
        ana.kith("feed")

    # -- clocks

    def test_a_clock_that_is_years_off(self):
        ana = self.founded()
        self.refused(ana.run("post", "From the past", env={"KITH_CLOCK_OFFSET_MS": str(-3 * YEAR_MS)}), 21, "clock", "Set")
        eve = self.house("eve")
        self.refused(eve.run("found", "Oak Street", "--name", "Eve", "--words-file", eve.words, env={"KITH_CLOCK_OFFSET_MS": str(-30 * YEAR_MS)}), 21,
                     "clock")
        self.nothing_at(eve)
        self.assertEqual(ana.kith("feed"), [])

    def test_news_from_the_future_waits_and_is_said(self):
        ana, dan = self.founded(), self.house("dan")
        ana.serve()
        dan.join(ana.invite())
        dan.one("post", "From next year", "--rest", "0", env={"KITH_CLOCK_OFFSET_MS": str(YEAR_MS)})
        dan.one("sync", ana.address, env={"KITH_CLOCK_OFFSET_MS": str(YEAR_MS)})
        ana.post("From now")
        self.assertEqual(set(ana.bodies().values()), {"From now"})
        self.assertGreater(ana.one("status")["held"], 0)
        self.assertIn("clock", ana.run("status").stdout)

    # -- peers

    def rubbish(self, house, data, wait=True):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(kith.WAIT_S)
            peer.connect(os.path.join(house.home, "node.sock"))
            try:
                peer.sendall(data)
                while wait and peer.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass

    def fault(self, house, name):
        return kith.until(lambda: [fault for fault in house.one("status")["faults"] if fault["fault"] == name], f"the fault {name}")[0]

    def test_a_peer_that_sends_rubbish_is_dropped_counted_and_named(self):
        ana = self.founded()
        ana.serve()
        for _ in range(3):
            self.rubbish(ana, b"GET / HTTP/1.1\r\n\r\n")
        fault = self.fault(ana, "rubbish")
        self.assertEqual(fault["count"], 3)
        self.assertTrue(fault["detail"])
        self.assertIn("dropped", ana.run("status").stdout)
        ana.post("I go on")

    def test_oversized_and_endless_frames_end_the_connection(self):
        ana = self.founded()
        ana.serve()
        host = os.urandom(32)
        self.rubbish(ana, b"kith/pipe/1\n" + host + b"\xff" * 64)
        self.rubbish(ana, b"kith/pipe/1\n" + host + b"\x7f\xff\xff\xff" * 300_000)
        faults = kith.until(lambda: ana.one("status")["faults"], "a fault")
        self.assertEqual({fault["peer"] for fault in faults}, {kith.peer_id(host)}, faults)
        self.assertEqual(sum(fault["count"] for fault in faults), 2, faults)
        ana.post("I go on")

    def test_another_version_is_refused_naming_both_and_who_must_update(self):
        ana = self.founded()
        ana.serve()
        newer = b"kith/pipe/1\n" + os.urandom(32) + bytes([34, 1, 2]) + os.urandom(32)
        self.rubbish(ana, newer)
        detail = self.fault(ana, "version")["detail"]
        for part in ("version 2", "version 1", "This device is the older one"):
            self.assertIn(part, detail)
        self.assertIn("version 2", ana.run("peers").stdout)

        older = b"kith/pipe/1\n" + os.urandom(32) + bytes([34, 1, 0]) + os.urandom(32)
        folder = os.path.join(os.path.dirname(ana.home), "older")
        os.mkdir(folder)
        with socket.socket(socket.AF_UNIX) as house:
            house.bind(os.path.join(folder, "node.sock"))
            house.listen()
            done = []
            asking = threading.Thread(target=lambda: done.append(ana.run("sync", f"/unix{folder}/node.sock")))
            asking.start()
            peer, _ = house.accept()
            with peer:
                peer.sendall(older)
                while peer.recv(65536):
                    pass
            asking.join()
        self.assertNotEqual(done[0].returncode, 0)
        for part in ("version 0", "version 1", "its owner has to update it"):
            self.assertIn(part, done[0].stderr)
        self.assertIn("version 0", ana.run("peers").stdout)

    def test_many_strangers_do_not_keep_neighbours_out(self):
        ana, dan = self.founded(), self.house("dan")
        ana.serve()
        strangers = []
        for _ in range(50):
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(os.path.join(ana.home, "node.sock"))
            strangers.append(peer)
        dan.join(ana.invite())
        for peer in strangers:
            peer.close()
        self.assertEqual(len(dan.kith("members")), 2)

    def test_a_request_that_never_ends_is_cut_off(self):
        ana = self.founded()
        ana.serve()
        with socket.create_connection(("127.0.0.1", ana.port), timeout=kith.WAIT_S) as slow:
            slow.sendall(b"POST /api/posts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            begun = time.monotonic()
            self.assertEqual(slow.recv(10), b"")
            self.assertLess(time.monotonic() - begun, kith.WAIT_S)
        ana.post("I go on")

    # -- the line itself

    def test_a_line_that_makes_no_sense(self):
        for line in ((), ("dance",), ("post",), ("post", "a", "b"), ("feed", "--limit", "none"), ("found", "x"), ("serve", "--port", "70000"), ("words",)):
            with self.subTest(line=line):
                self.refused(kith.run(*line), 2, "--help")

    def test_help_teaches(self):
        out = kith.run("--help").stdout
        for part in ("kith found", "kith join", "kith post", "--home"):
            self.assertIn(part, out)
        for command in ("found", "serve", "invite", "join", "post", "reply", "edit", "delete", "undo", "feed", "thread", "members", "status", "log", "note",
                        "notes", "sync"):
            done = kith.run(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example:", done.stdout)

    def test_names_are_checked_before_anything_is_made(self):
        ana = self.house("ana")
        for place, name in (("", "Ana"), ("Elm Street", " "), ("Elm Street", "x" * 81), ("Elm\nStreet", "Ana")):
            with self.subTest(place=place, name=name[:5]):
                self.refused(ana.run("found", place, "--name", name, "--words-file", ana.words), 2)
                self.nothing_at(ana)


if __name__ == "__main__":
    kith.main()
