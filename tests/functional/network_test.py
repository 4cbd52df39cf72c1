# SPDX-License-Identifier: Apache-2.0
"""Houses over TCP and WebSocket: join, converge, come back after kill -9; strangers, impostors and a thousand half-open connections; `kith peers` and
`kith dial`."""
import contextlib
import glob
import os
import resource
import socket
import ssl
import subprocess
import threading

import kith

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MULTISTREAM = b"\x13/multistream/1.0.0\n"


def only(link, *kinds):
    """The invitation with those of its addresses that have all of these parts (a "-" before one: that have not)."""
    code, *addresses = link.split("&a=")

    def fits(address):
        return all((kind[1:] not in address) if kind.startswith("-") else kind in address for kind in kinds)
    kept = [address for address in addresses if fits(address)]
    assert kept, link
    return "&a=".join([code, *kept])


def local(house, suffix=""):
    """The house's multiaddr on loopback."""
    return f"/ip4/127.0.0.1/tcp/{house.port}{suffix}/p2p/{house.peer}"


class Listener:
    """Something else than a house: a listening socket and what it does with each connection."""

    def __init__(self, answer):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, args=(answer,), daemon=True).start()

    def accept(self, answer):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                self.open.append(peer)
                answer(peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)  # else the thread that accepts keeps it open
        self.socket.close()
        for peer in self.open:
            peer.close()


class Network(kith.HouseTest):
    def setUp(self):
        super().setUp()
        self.ana, self.dan = self.house("ana"), self.house("dan")
        self.ana.found()

    def both_have(self, *texts):
        for house in (self.ana, self.dan):
            kith.until(lambda h=house: set(texts) <= set(h.bodies().values()), f"{house.name} has {texts}")

    def live(self, house):
        """Waits until the house is in touch with one other; what `kith peers` says of it."""
        def look():
            return [peer for peer in house.one("peers")["peers"] if peer["state"] == "live"]
        return kith.until(look, f"{house.name} is in touch")[0]

    def together(self, *kinds):
        self.ana.serve()
        self.dan.join(only(self.ana.invite(), *kinds) if kinds else self.ana.invite())
        self.dan.serve()
        self.live(self.ana)
        self.live(self.dan)

    def node_js(self, project):
        """Node 24, for a project whose packages are here."""
        found = glob.glob(os.path.join(ROOT, "tests", "interop", "node_modules", "node-linux-*", "bin", "node"))
        if not found or not os.path.isdir(os.path.join(project, "node_modules")):
            self.skipTest("no js-libp2p here: script/setup fetches it")
        return found[0]

    # -- ways

    def test_two_houses_join_and_converge_over_tcp(self):
        self.together("/tcp/", "-/ws")
        self.ana.post("from Ana")
        self.dan.post("from Dan")
        self.both_have("from Ana", "from Dan")

    def test_two_houses_join_over_a_web_socket(self):
        self.together("/ws")
        self.ana.post("from Ana")
        self.both_have("from Ana")
        self.dan.stop()
        self.dan.one("post", "from Dan", "--rest", "0")
        synced = self.dan.one("sync", local(self.ana, "/ws"))
        self.assertEqual(synced["path"], f"/ip4/127.0.0.1/tcp/{self.ana.port}/ws")
        self.assertIn("from Dan", self.ana.bodies().values())

    def test_a_stock_js_libp2p_reads_the_feed(self):
        client = os.path.join(ROOT, "docs", "examples")
        found = self.node_js(client)
        self.ana.serve()
        self.ana.post("Lost: a grey cat")
        link = self.ana.invite("--uses", "2")
        for kinds in (("/tcp/", "-/ws"), ("/ws",)):
            done = subprocess.run([found, os.path.join(client, "read-feed.js"), only(link, *kinds)], capture_output=True, text=True, timeout=kith.WAIT_S)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("ana: Lost: a grey cat", done.stdout)

    def test_a_stock_js_libp2p_is_dialed_over_tcp_and_over_a_web_socket(self):
        interop = os.path.join(ROOT, "tests", "interop")
        with subprocess.Popen([self.node_js(interop), "peer.js", "--web-socket"], cwd=interop, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
            addresses = kith.json.loads(peer.stdout.readline())
            self.assertEqual(["/ws/" in address for address in addresses], [False, True])
            for address in addresses:
                done = kith.run("dial", address)
                self.refused_after_steps(done, 24, "/kith/sync/1", "speaks libp2p")
                for step in ("identify", "ping"):
                    self.assertIn(step, done.stdout)
            peer.stdin.close()

    def test_a_web_socket_under_tls(self):
        certificate, key = os.path.join(self.directory, "cert.pem"), os.path.join(self.directory, "key.pem")
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                               "/CN=localhost", "-keyout", key, "-out", certificate], capture_output=True)
        if made.returncode != 0:
            self.skipTest("no openssl here to make a certificate with")
        self.ana.serve("--tls-cert", certificate, "--tls-key", key)
        code = self.ana.invite().split("&a=")[0]
        self.dan.join(code + "&a=" + local(self.ana, "/tls/ws"))
        self.assertEqual(len(self.dan.kith("members")), 2)
        context = ssl.create_default_context(cafile=certificate)
        with context.wrap_socket(socket.create_connection(("127.0.0.1", self.ana.port)), server_hostname="localhost") as browser:
            browser.sendall(b"GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b" 200 ", browser.recv(100))

    def test_a_certificate_that_is_none_is_said(self):
        path = os.path.join(self.directory, "nothing")
        self.refused(self.ana.run("serve", "--port", "0", "--tls-cert", path, "--tls-key", path), 5, "--tls-cert")
        self.refused(self.ana.run("serve", "--port", "0", "--tls-cert", path), 2, "--tls-key")

    def test_only_here_listens_for_this_machine_alone(self):
        told = self.ana.serve("--listen", "none")
        self.assertEqual({address.split("/")[2] for address in told["addresses"]}, {"127.0.0.1"})
        self.dan.join(self.ana.invite())

    def test_an_address_that_this_machine_does_not_have_is_said(self):
        self.refused(self.ana.run("serve", "--port", "0", "--listen", "/ip4/203.0.113.7/tcp/8440"), 2, "--listen")
        self.refused(self.ana.run("serve", "--port", "0", "--listen", "/dns/elm.example"), 2, "--listen")

    # -- coming back

    def test_a_house_that_was_killed_is_found_again(self):
        self.together()
        self.ana.kill()
        away = kith.until(lambda: [peer for peer in self.dan.one("peers")["peers"] if peer["state"] == "away"], "Dan notices")[0]
        self.assertTrue(away["why"])
        self.dan.post("while Ana was away")
        self.ana.serve()
        self.both_have("while Ana was away")

    def test_two_that_dial_each_other_keep_one_connection(self):
        self.together()
        for house in (self.ana, self.dan):
            house.stop()
        self.ana.serve()
        self.dan.serve()

        def one_each():
            return all(len([p for p in house.one("peers")["peers"] if p["state"] == "live"]) == 1 and len(house.one("status")["sessions"]) == 1
                       for house in (self.ana, self.dan))
        kith.until(one_each, "one session each")
        self.ana.post("once")
        self.both_have("once")

    # -- others

    def test_somebody_else_at_the_address_is_refused(self):
        self.ana.serve()
        other = kith.peer_id(bytes(range(32)))
        wrong = f"/ip4/127.0.0.1/tcp/{self.ana.port}/p2p/{other}"
        self.refused_after_steps(kith.run("dial", wrong), 10, "noise", "Another peer answers")
        code = self.ana.invite().split("&a=")[0]
        self.refused(self.dan.run("join", code + "&a=" + wrong, "--name", "Dan", "--words-file", self.dan.words), 10, "Another peer")
        self.assertFalse(os.path.exists(self.dan.home))

    def refused_after_steps(self, done, code, step, *parts):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(f"At the step {step}:", done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def test_dial_says_at_which_step_it_failed(self):
        with Listener(lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")) as web:
            self.refused_after_steps(kith.run("dial", f"/ip4/127.0.0.1/tcp/{web.port}"), 23, "multistream", "does not speak libp2p")
            self.refused_after_steps(kith.run("dial", f"/ip4/127.0.0.1/tcp/{web.port}/ws"), 23, "websocket", "WebSocket")
            self.refused_after_steps(kith.run("dial", f"/ip4/127.0.0.1/tcp/{web.port}/tls/ws"), 23, "tls", "TLS")
        with Listener(lambda peer: peer.close()) as deaf:
            self.refused_after_steps(kith.run("dial", f"/ip4/127.0.0.1/tcp/{deaf.port}"), 27, "multistream", "hung up")
        with Listener(lambda peer: peer.sendall(MULTISTREAM + b"\x03na\n")) as plain:
            self.refused_after_steps(kith.run("dial", f"/ip4/127.0.0.1/tcp/{plain.port}"), 23, "multistream", "Noise")
        self.refused_after_steps(kith.run("dial", f"/ip4/127.0.0.1/tcp/{plain.port}"), 27, "connect", "Nobody answers")
        self.refused_after_steps(kith.run("dial", "/dns/nowhere.invalid/tcp/1"), 27, "resolve", "nowhere.invalid")
        self.refused(kith.run("dial", "/ip4/127.0.0.1/udp/1"), 2)
        self.refused(kith.run("dial", "elm street"), 2)

    def test_dial_goes_through_every_step(self):
        self.ana.serve()
        for suffix, extra in (("", []), ("/ws", ["websocket"])):
            done = kith.run("dial", local(self.ana, suffix), "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            told = kith.json.loads(done.stdout)
            self.assertEqual([step["step"] for step in told["steps"]],
                             ["connect", *extra, "multistream", "noise", "yamux", "identify", "ping", "/kith/sync/1"])
            self.assertEqual(told["peer"], self.ana.peer)
        self.assertIn("speaks Kith", kith.run("dial", local(self.ana)).stdout)

    def test_garbage_is_dropped_and_counted(self):
        self.ana.serve()
        for data in (b"\x13" + os.urandom(200), MULTISTREAM + b"\xff" * 5000, MULTISTREAM + b"\x07/noise\n" + b"\x00\x01\x00", b"\x16\x03\x01" + os.urandom(50),
                     os.urandom(3) + b"\r\n\r\n", MULTISTREAM * 500):
            with socket.create_connection(("127.0.0.1", self.ana.port), timeout=kith.WAIT_S) as peer, contextlib.suppress(ConnectionError):
                peer.sendall(data)
                while peer.recv(65536):
                    pass
        dropped = kith.until(lambda: self.ana.one("peers")["dropped"]["by_reason"], "something is counted")
        self.assertTrue({"negotiation", "handshake"} & set(dropped), dropped)
        self.assertIn("dropped", self.ana.run("peers").stdout)
        self.dan.join(self.ana.invite())

    def test_a_thousand_half_open_connections_keep_nobody_out(self):
        self.ana.serve()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
        with contextlib.ExitStack() as stack:
            for i in range(1000):
                peer = stack.enter_context(socket.create_connection(("127.0.0.1", self.ana.port), timeout=kith.WAIT_S))
                peer.sendall((b"", b"\x13", MULTISTREAM + b"\x07/noise\n", b"GET / HT")[i % 4])
            link = only(self.ana.invite(), "/tcp/")
            self.dan.join(link)
            self.dan.serve()
            self.ana.post("I go on")
            self.both_have("I go on")
            refused = self.ana.one("peers")["refused"]
            self.assertGreater(refused["pushed_out"], 500, refused)

    def test_other_machines_see_nothing_of_the_place(self):
        told = self.ana.serve()
        hosts = {address.split("/")[2] for address in told["addresses"] if address.startswith("/ip4/")} - {"127.0.0.1"}
        if not hosts:
            self.skipTest("this machine has no address but loopback")
        host = hosts.pop()
        # From that address to itself: not loopback, so it counts as another machine.
        with socket.create_connection((host, self.ana.port), timeout=kith.WAIT_S) as peer:
            peer.sendall(b"GET /api/posts HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b" 403 ", peer.recv(4096))

    def test_peers_says_who_over_what_and_why_not(self):
        self.together()
        seen = self.live(self.dan)
        self.assertEqual((seen["peer"], seen["name"], seen["behind"], seen["owed"]), (self.ana.peer, "ana", 0, 0))
        self.assertIn(f"/tcp/{self.ana.port}", seen["path"])
        self.assertEqual(self.dan.api("GET", "/api/peers")["id"], self.dan.peer)
        self.assertIn(self.ana.peer, self.dan.run("peers").stdout)
        self.ana.stop()
        kith.until(lambda: "away" in self.dan.run("peers").stdout, "it is said that she is away")


if __name__ == "__main__":
    kith.main()
