# SPDX-License-Identifier: Apache-2.0
"""The web app over HTTP and HTTPS: what everybody may fetch, what only this machine may ask, certificates of the neighbourhood's own authority, invitations
for browsers."""
import hashlib
import http.client
import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import unittest

import kith

SCRIPT = "console.log('kith')"


class Web(kith.HouseTest):
    def setUp(self):
        super().setUp()
        self.web = os.path.join(self.directory, "web")
        os.makedirs(os.path.join(self.web, "assets"))
        for name, text in (("index.html", "<!doctype html><title>Kith</title>"), ("sw.js", "self.skipWaiting()"), ("assets/app-0a1b2c3d.js", SCRIPT),
                           ("assets/app-0a1b2c3d.js.br", "not really brotli")):
            with open(os.path.join(self.web, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.ana = self.house("ana")
        self.ana.found()

    def serve(self, *more):
        return self.ana.serve("--web", self.web, *more)

    def far(self):
        """An address of this machine that counts as another machine's: from it to itself is not loopback."""
        hosts = [a.split("/")[2] for a in self.ana.one("peers")["addresses"] if a.startswith("/ip4/") and not a.startswith("/ip4/127.")]
        if not hosts:
            self.skipTest("this machine has no address but loopback")
        return hosts[0]

    def ask(self, host, method, path, headers=None, body=None, connection=None):
        own = connection or http.client.HTTPConnection(host, self.ana.port, timeout=kith.WAIT_S)
        try:
            own.request(method, path, body=body, headers=headers or {})
            answer = own.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            if connection is None:
                own.close()

    # -- files

    def test_the_app_is_served_with_routes_types_and_forms(self):
        self.serve()
        status, headers, body = self.ask("localhost", "GET", "/t/0192?x=1")
        self.assertEqual((status, headers["cache-control"]), (200, "no-cache"))
        self.assertIn(b"<title>Kith", body)
        self.assertIn("require-trusted-types-for 'script'", headers["content-security-policy"])
        status, headers, body = self.ask("localhost", "GET", "/assets/app-0a1b2c3d.js", {"Accept-Encoding": "br"})
        self.assertEqual((headers["content-encoding"], body), ("br", b"not really brotli"))
        self.assertIn("immutable", headers["cache-control"])
        self.assertEqual(self.ask("localhost", "GET", "/assets/app-0a1b2c3d.js", {"Accept-Encoding": "br", "If-None-Match": headers["etag"]})[0], 304)
        status, headers, body = self.ask("localhost", "HEAD", "/assets/app-0a1b2c3d.js")
        self.assertEqual((status, headers["content-length"], body), (200, str(len(SCRIPT)), b""))
        self.assertEqual(self.ask("localhost", "GET", "/assets/none-0a1b2c3d.js")[0], 404)

    def test_no_path_leads_to_another_file(self):
        self.serve()
        for path in ("/../ana/keys", "/..%2fana%2fkeys", "/%2e%2e/ana/keys", "/assets/../../ana/keys", "//ana/keys", "/assets/%2e%2e%5cana", "/..%00/keys"):
            with socket.create_connection(("127.0.0.1", self.ana.port), timeout=kith.WAIT_S) as raw:
                raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                answer = b""
                while data := raw.recv(65536):
                    answer += data
            self.assertNotIn(b"KITHKEY1", answer, path)
            self.assertTrue(b"<title>Kith" in answer or b" 404 " in answer or b" 400 " in answer, answer[:100])

    def test_other_machines_get_the_app_and_nothing_else(self):
        self.serve()
        far = self.far()
        for path in ("/", "/i", "/assets/app-0a1b2c3d.js", "/sw.js", "/shell.json", "/door.json"):
            self.assertEqual(self.ask(far, "GET", path)[0], 200, path)
        for path in ("/api/posts", "/api/status", "/plain", "/plain/style.css"):
            self.assertEqual(self.ask(far, "GET", path, {"Host": "localhost"})[0], 403, path)
        # No body is read from there.
        self.assertEqual(self.ask(far, "POST", "/api/posts", {"Host": "localhost", "Content-Type": "application/json"}, '{"body":"x"}')[0], 413)
        self.assertEqual(self.ana.bodies(), {})
        # One connection carries a page and what it needs.
        connection = http.client.HTTPConnection(far, self.ana.port, timeout=kith.WAIT_S)
        for path in ("/", "/assets/app-0a1b2c3d.js", "/api/posts", "/sw.js"):
            self.assertEqual(self.ask(far, "GET", path, connection=connection)[0], 403 if "api" in path else 200)
        connection.close()

    def test_pages_that_are_open_keep_no_house_out(self):
        self.serve()
        far, dan = self.far(), self.house("dan")
        link = self.ana.invite()
        pages = [socket.create_connection((far, self.ana.port), timeout=kith.WAIT_S) for _ in range(200)]
        for page in pages:
            page.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        code, *addresses = link.split("&a=")
        dan.join("&a=".join([code, *[a for a in addresses if far in a]]))
        for page in pages:
            page.close()

    def test_a_house_says_and_signs_which_app_it_serves(self):
        self.serve()
        listed = self.ask("localhost", "GET", "/shell.json")[2]
        self.assertEqual(json.loads(listed)["files"]["/assets/app-0a1b2c3d.js"], hashlib.sha256(SCRIPT.encode()).hexdigest())
        door = json.loads(self.ask("localhost", "GET", "/door.json")[2])
        self.assertEqual(door["shell"], hashlib.sha256(listed).hexdigest())
        self.assertEqual((door["peer"], door["version"]["protocol"]), (self.ana.peer, "/kith/sync/1"))
        self.assertEqual(kith.peer_id(bytes.fromhex(door["host"])), self.ana.peer)

    def test_without_an_app_the_plain_page_is_there_and_a_wrong_directory_is_said(self):
        self.refused(self.ana.run("serve", "--port", "0", "--web", self.directory), 5, "--web")
        # The program alone, with no build tree around it.
        os.makedirs(os.path.join(self.directory, "bin"))
        alone = os.path.join(self.directory, "bin", "kith")
        shutil.copy(kith.KITH, alone)
        kith.KITH, program = alone, kith.KITH
        try:
            self.ana.serve()
        finally:
            kith.KITH = program
        status, headers, _ = self.ask("localhost", "GET", "/")
        self.assertEqual((status, headers["location"]), (303, "/plain"))
        self.assertEqual(self.ask("localhost", "GET", "/plain")[0], 200)

    # -- invitations

    def test_invitations_have_doors_for_browsers(self):
        told = self.serve("--welcome")
        code = told["invite"].split("&a=")[0].removeprefix("kith:")
        self.assertTrue(told["doors"])
        for door in told["doors"]:
            self.assertTrue(door.startswith("http://"), door)
            self.assertIn(f":{self.ana.port}/i#{code}&a=", door)
        self.assertIn(f"http://localhost:{self.ana.port}", told["doors"][-1])
        shown = self.ana.run("invite")
        self.assertEqual(len(shown.stdout.splitlines()), 1)
        self.assertIn("/i#", shown.stderr)
        # A browser's link is as good as any other.
        self.house("dan").join(told["doors"][0])

    def test_a_door_tells_the_holder_of_an_invitation_what_nobody_else_can_read(self):
        self.serve()
        made = self.ana.one("invite")
        status, headers, body = self.ask("localhost", "GET", "/invitations/" + made["id"])
        self.assertEqual((status, headers["cache-control"]), (200, "no-store"))
        self.assertGreater(len(json.loads(body)["told"]), 100)
        self.assertNotIn(b"Elm", body if isinstance(body, bytes) else body.encode())
        self.assertEqual(self.ask("localhost", "GET", "/invitations/" + "0" * 64)[0], 404)
        self.assertEqual(self.ask("localhost", "GET", "/invitations/x")[0], 404)

    def test_a_house_behind_a_proxy_names_the_proxy(self):
        told = self.serve("--welcome", "--announce", "/dns/elm.example/tcp/443/tls/ws")
        self.assertEqual(told["addresses"], [f"/dns/elm.example/tcp/443/tls/ws/p2p/{self.ana.peer}"])
        self.assertEqual([door.split("/i#")[0] for door in told["doors"]], ["https://elm.example"])
        self.ana.stop()
        self.refused(self.ana.run("serve", "--port", "0", "--announce", "/ip4/192.0.2.1/udp/1"), 2)

    # -- TLS

    def secure(self, host, certificate):
        context = ssl.create_default_context(cafile=certificate)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return http.client.HTTPSConnection(host, self.ana.port, timeout=kith.WAIT_S, context=context)

    def certificate(self):
        path = os.path.join(self.directory, "ca.pem")
        with open(path, "wb") as file:
            file.write(self.ask("localhost", "GET", "/install/kith.pem")[2])
        return path

    def test_the_authority_of_the_space_serves_https_and_http_on_one_port(self):
        told = self.serve("--tls", "auto", "--welcome")
        self.assertEqual({door.split(":")[0] for door in told["doors"]}, {"https", "http"})
        self.assertTrue(any("/tls/ws" in address for address in told["addresses"]))
        certificate = self.certificate()
        # Those of its addresses that the authority may vouch for.
        hosts = {"127.0.0.1", *(door.split("/")[2].rsplit(":", 1)[0] for door in told["doors"] if door.startswith("https://") and "[" not in door)}
        self.assertIn("localhost", hosts)
        for host in hosts:
            connection = self.secure(host, certificate)
            for _ in range(2):
                status, _, body = self.ask(host, "GET", "/i", connection=connection)
                self.assertEqual((status, b"<title>Kith" in body), (200, True), host)
            connection.close()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.ask("localhost", "GET", "/", connection=http.client.HTTPSConnection("localhost", self.ana.port, context=ssl.create_default_context()))
        # REST over TLS: this machine, from its own page only.
        local, headers = self.secure("localhost", certificate), {"Content-Type": "application/json"}
        own = {**headers, "Origin": f"https://localhost:{self.ana.port}"}
        self.assertEqual(self.ask("localhost", "POST", "/api/posts", own, '{"body":"over TLS"}', local)[0], 201)
        other = {**headers, "Origin": f"http://localhost:{self.ana.port}"}
        self.assertEqual(self.ask("localhost", "POST", "/api/posts", other, '{"body":"x"}', local)[0], 403)
        # And a house joins through it.
        code = told["invite"].split("&a=")[0]
        local.close()
        self.house("dan").join(f"{code}&a=/ip4/127.0.0.1/tcp/{self.ana.port}/tls/ws/p2p/{self.ana.peer}")

    def test_the_authority_is_the_one_of_the_constitution_and_stays(self):
        key = os.path.join(self.ana.home, "ca.key")
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)
        self.serve("--tls", "auto")
        first = self.ask("localhost", "GET", "/install/kith.pem")[2]
        self.ana.stop()
        self.serve()
        self.assertEqual(self.ask("localhost", "GET", "/install/kith.pem")[2], first)
        self.assertIn(b"Android", self.ask("localhost", "GET", "/install", {"Accept-Language": "en"})[2])
        self.ana.stop()
        os.chmod(key, 0o644)
        self.refused(self.ana.run("serve", "--port", "0", "--tls", "auto"), 6, "chmod 600")

    def test_a_space_from_before_gets_an_authority_at_its_founder_and_nowhere_else(self):
        dan = self.house("dan")
        self.serve()
        dan.join(self.ana.invite())
        self.refused(dan.run("serve", "--port", "0", "--tls", "auto"), 6, "founder")
        self.ana.stop()
        for name in ("ca.key", "ca.pem"):
            os.remove(os.path.join(self.ana.home, name))
        self.serve()
        self.assertEqual(self.ask("localhost", "GET", "/install")[0], 404)
        self.ana.stop()
        self.serve("--tls", "auto")
        local = self.secure("localhost", self.certificate())
        self.assertEqual(self.ask("localhost", "GET", "/", connection=local)[0], 200)
        local.close()

    def test_the_certificates_are_as_openssl_wants_them(self):
        self.serve("--tls", "auto")
        shown = subprocess.run(["openssl", "x509", "-in", self.certificate(), "-noout", "-text"], capture_output=True, text=True)
        if shown.returncode != 0:
            self.skipTest("no openssl here")
        for part in ("CA:TRUE, pathlen:0", "Name Constraints: critical", "IP:192.168.0.0/255.255.0.0", "Kith: Elm Street", "prime256v1"):
            self.assertIn(part, shown.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
