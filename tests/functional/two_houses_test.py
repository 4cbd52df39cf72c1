# SPDX-License-Identifier: Apache-2.0
"""The proof of the bones: two houses with real processes, kill -9 at random moments, fifty times. Dan goes on reading and writing while Ana is
dead; she comes back; both have the same, nothing that was acknowledged is lost, and no log is doubled. The seed is printed; $SEED repeats it."""
import os
import random
import subprocess
import threading
import time

import kith

CYCLES = int(os.environ.get("CYCLES", "50"))


class Writer(threading.Thread):
    """Posts as fast as answers come, until told to stop or the house dies; keeps what was acknowledged."""

    def __init__(self, house, label):
        super().__init__()
        self.house, self.label = house, label
        self.acknowledged = {}
        self.stopping = False

    def run(self):
        count = 0
        while not self.stopping:
            text = f"{self.label} no. {count}"
            try:
                self.acknowledged[self.house.post(text)["id"]] = text
            except (OSError, AssertionError, ValueError, kith.http.client.HTTPException):
                return  # killed in the middle: this one was never acknowledged
            count += 1


class TwoHouses(kith.HouseTest):
    def test_no_acknowledged_write_is_lost_over_fifty_kills(self):
        seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
        print(f"SEED={seed}", flush=True)
        dice = random.Random(seed)
        ana, dan = self.house("ana"), self.house("dan")
        ana.found()
        ana.serve()
        dan.join(ana.invite())
        dan.serve()
        acknowledged = {}
        for cycle in range(CYCLES):
            victim, other = (ana, dan) if dice.random() < 0.7 else (dan, ana)
            writers = [Writer(victim, f"{cycle} {victim.name}"), Writer(other, f"{cycle} {other.name}")]
            for writer in writers:
                writer.start()
            time.sleep(dice.uniform(0.02, 0.25))
            victim.kill()
            alone = other.post(f"{cycle} {other.name} alone")  # the one that is left goes on
            time.sleep(dice.uniform(0, 0.05))
            for writer in writers:
                writer.stopping = True
            for writer in writers:
                writer.join()
                acknowledged.update(writer.acknowledged)
            acknowledged[alone["id"]] = f"{cycle} {other.name} alone"
            victim.serve()
        self.converge(ana, dan, acknowledged)
        print(f"{CYCLES} kills, {len(acknowledged)} acknowledged posts on both sides", flush=True)
        for house in (ana, dan):
            self.assertEqual(house.stop(), 0)
            self.assert_log_is_single(house)

    def converge(self, ana, dan, acknowledged):
        def same():
            mine, yours = ana.bodies(), dan.bodies()
            return mine == yours and len(mine) >= len(acknowledged) and mine

        bodies = kith.until(same, "both houses show the same")
        for post, text in acknowledged.items():
            self.assertEqual(bodies.get(post), text)
        for house in (ana, dan):
            status = house.one("status")
            self.assertEqual((status["doubled"], status["locked"], status["held"], status["faults"]), (0, 0, 0, []), status)

    def assert_log_is_single(self, house):
        """Every (device, number) once, without gaps: what `kith log` tells."""
        numbers = {}
        after = 0
        while True:
            page = house.kith("log", "--limit", "1000", "--after", str(after))
            for entry in page:
                if entry["seq"] is not None:
                    numbers.setdefault(entry["device"], []).append(entry["seq"])
            if len(page) < 1000:
                break
            after = page[-1]["pos"]
        for device, seqs in numbers.items():
            self.assertEqual(sorted(seqs), list(range(len(seqs))), device)

    def test_a_post_survives_the_node_it_was_written_on(self):
        ana, dan = self.house("ana"), self.house("dan")
        ana.found()
        ana.serve()
        dan.join(ana.invite())
        dan.serve()
        cat = ana.post("Lost: a grey cat")
        kith.until(lambda: cat["id"] in dan.bodies(), "Dan has the post")
        ana.kill()
        reply = dan.one("reply", cat["id"], "Seen at no. 12", "--rest", "0")
        self.assertEqual(dan.one("thread", cat["id"])["replies"][0]["body"], "Seen at no. 12")
        ana.serve()
        kith.until(lambda: reply["id"] in ana.bodies(), "Ana has the reply")
        members = {member["name"] for member in dan.kith("members")}
        self.assertEqual(members, {"ana", "dan"})

    def test_a_writer_killed_before_anybody_saw_it_has_it_still(self):
        ana = self.house("ana")
        ana.found()
        ana.serve()
        posted = ana.post("Only here", rest_ms=600_000)
        ana.kill()
        self.assertEqual([thread["id"] for thread in ana.kith("feed")], [posted["id"]])
        self.assertEqual(ana.one("status")["only_here"], 1 + self.first_words(ana))

    def first_words(self, house):
        return sum(1 for entry in house.kith("log") if entry["event"] in ("name chosen", "place named", "house announced"))

    def test_sync_of_two_resting_houses_by_hand(self):
        ana, dan = self.house("ana"), self.house("dan")
        ana.found()
        ana.serve()
        dan.join(ana.invite())
        dan.one("post", "While nobody serves here", "--rest", "0")
        synced = dan.one("sync", ana.address)
        self.assertGreaterEqual(synced["entries_out"], 1)
        self.assertIn("While nobody serves here", ana.bodies().values())
        ana.stop()
        done = dan.run("sync", ana.address)
        self.refused(done, 27, "Nobody listens")


if __name__ == "__main__":
    kith.main()
