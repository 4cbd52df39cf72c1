# SPDX-License-Identifier: Apache-2.0
"""The REST contract of docs/rest.md, who may write over loopback, and the plain page."""
import json
import os
import re
import socket

import kith


class Rest(kith.HouseTest):
    def setUp(self):
        super().setUp()
        self.ana = self.house("Ana")
        self.ana.found()
        self.ana.serve()

    def problem(self, answer, status, title):
        self.assertEqual(answer[0], status, answer[2])
        self.assertEqual(answer[1]["content-type"], "application/problem+json")
        body = json.loads(answer[2])
        self.assertEqual((body["title"], body["status"]), (title, status))
        self.assertTrue(body["cause"].endswith("."), body)
        self.assertTrue(body["remedy"], body)
        return body

    def test_posts_replies_edits_and_withdrawals(self):
        status, headers, text = self.ana.request("POST", "/api/posts", {"body": "  Lost: a grey cat\r\n\r\nshe is shy  ", "rest_ms": 0})
        post = json.loads(text)
        self.assertEqual((status, headers["location"]), (201, "/api/posts/" + post["id"]))
        self.assertEqual((post["body"], post["name"], post["mine"], post["thread"]), ("Lost: a grey cat\n\nshe is shy", "Ana", True, None))
        first = self.ana.api("POST", f"/api/posts/{post['id']}/replies", {"body": "Seen at no. 12"})
        second = self.ana.api("POST", f"/api/posts/{first['id']}/replies", {"body": "When?"})
        self.assertEqual((first["thread"], first["parent"]), (post["id"], None))
        self.assertEqual((second["thread"], second["parent"]), (post["id"], first["id"]))
        changed = self.ana.api("PATCH", f"/api/posts/{post['id']}", {"body": "Found: the grey cat"})
        self.assertEqual(changed["body"], "Found: the grey cat")
        self.assertIsNotNone(changed["changed_ms"])
        thread = self.ana.api("GET", f"/api/posts/{second['id']}")
        self.assertEqual([thread["id"], [reply["id"] for reply in thread["replies"]]], [post["id"], [first["id"], second["id"]]])
        self.assertTrue(self.ana.api("DELETE", f"/api/posts/{post['id']}")["withdrawn"])
        thread = self.ana.api("GET", f"/api/posts/{post['id']}")
        self.assertIsNone(thread["post"])
        self.assertEqual(len(thread["replies"]), 2)

    def test_the_feed_goes_by_the_latest_words_and_by_pages(self):
        ids = [self.ana.post(f"no. {i}")["id"] for i in range(7)]
        self.ana.api("POST", f"/api/posts/{ids[1]}/replies", {"body": "up again"})
        seen, before = [], ""
        while True:
            page = self.ana.api("GET", "/api/posts?limit=3" + before)
            seen += [thread["id"] for thread in page["threads"]]
            self.assertLessEqual(len(page["threads"]), 3)
            if page["next"] is None:
                break
            before = "&before=" + page["next"]
        self.assertEqual(seen, [ids[1], ids[6], ids[5], ids[4], ids[3], ids[2], ids[0]])

    def test_taking_back_leaves_nothing(self):
        before = self.ana.api("GET", "/api/status")["entries"]
        post = self.ana.post("Too early", rest_ms=600_000)
        self.assertEqual(self.ana.api("POST", "/api/undo", {})["taken_back"], post["pos"])
        self.assertEqual(self.ana.bodies(), {})
        self.assertEqual(self.ana.request("POST", "/api/undo", {"pos": post["pos"]})[0], 404)
        self.assertEqual(self.ana.api("GET", "/api/status")["entries"], before)

    def test_what_is_wrong_is_said_with_a_remedy(self):
        post = self.ana.post("a post")["id"]
        cases = [
            ("POST", "/api/posts", {"body": "   "}, 400, "usage"),
            ("POST", "/api/posts", {"text": "x"}, 400, "usage"),
            ("POST", "/api/posts", {"body": 5}, 400, "usage"),
            ("POST", "/api/posts", {"body": "x" * 8001}, 413, "too_large"),
            ("POST", "/api/posts", {"body": "bell \x07"}, 400, "usage"),
            ("POST", "/api/posts", {"body": "x", "rest_ms": -1}, 400, "usage"),
            ("POST", "/api/posts/nothing/replies", {"body": "x"}, 404, "not_found"),
            ("PATCH", "/api/posts/nothing", {"body": "x"}, 404, "not_found"),
            ("DELETE", "/api/posts/nothing", {}, 404, "not_found"),
            ("GET", "/api/posts/nothing", None, 404, "not_found"),
            ("GET", "/nothing.txt", None, 404, "not_found"),
            ("PATCH", f"/api/posts/{post}", {"body": ""}, 400, "usage"),
            ("PUT", f"/api/posts/{post}", {"body": "x"}, 400, "usage"),
            ("POST", "/api/invites", {"days": 0}, 400, "usage"),
            ("POST", "/api/invites", {"uses": 10**9}, 400, "usage"),
            ("POST", "/api/invites", [], 400, "usage"),
            ("POST", "/api/sync", {"address": "/ip4/10.0.0.1/udp/1"}, 400, "usage"),
        ]
        for method, path, body, status, title in cases:
            with self.subTest(method=method, path=path, body=str(body)[:40]):
                self.problem(self.ana.request(method, path, body), status, title)
        broken = self.ana.request("POST", "/api/posts", headers={"Content-Type": "application/json"}, raw='{"body": "x"')
        self.problem(broken, 400, "malformed")
        lone = self.ana.request("POST", "/api/posts", headers={"Content-Type": "application/json"}, raw='{"body": "\\ud800"}')
        self.assertEqual(lone[0], 400)
        self.assertEqual(set(self.ana.bodies().values()), {"a post"})

    def test_writes_from_other_origins_are_refused(self):
        port = self.ana.port
        json_type = {"Content-Type": "application/json"}
        refused = [
            {**json_type, "Host": "elm-street.example"},
            {**json_type, "Host": f"evil.example:{port}"},
            {**json_type, "Host": f"localhost.evil.example:{port}"},
            {**json_type, "Origin": "http://evil.example"},
            {**json_type, "Origin": "null"},
            {**json_type, "Origin": f"http://localhost:{port + 1}"},
            {**json_type, "Origin": f"https://localhost:{port}"},
            {**json_type, "Sec-Fetch-Site": "cross-site"},
            {**json_type, "Sec-Fetch-Site": "same-site"},
        ]
        for headers in refused:
            with self.subTest(headers=headers):
                self.problem(self.ana.request("POST", "/api/posts", headers=headers, raw='{"body": "x"}'), 403, "refused")
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            with self.subTest(kind=kind):
                self.problem(self.ana.request("POST", "/api/posts", headers={"Content-Type": kind}, raw='{"body": "x"}'), 400, "usage")
        reading = self.ana.request("GET", "/api/posts", headers={"Host": "rebound.example"})
        self.problem(reading, 403, "refused")
        self.assertEqual(self.ana.bodies(), {})
        fine = {**json_type, "Origin": f"http://localhost:{port}", "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(self.ana.request("POST", "/api/posts", headers=fine, raw='{"body": "x"}')[0], 201)

    def test_two_hosts_in_one_request_are_refused(self):
        with socket.create_connection(("127.0.0.1", self.ana.port), timeout=kith.WAIT_S) as raw:
            raw.sendall(b"GET /api/posts HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            self.assertIn(b" 403 ", raw.recv(64))

    # -- the page

    def page(self, path="/plain", headers=None):
        status, got, text = self.ana.request("GET", path, headers=headers)
        return status, got, text

    def form(self, path, token, cookie, fields):
        body = "&".join([f"csrf={token}"] + [f"{k}={v}" for k, v in fields.items()])
        return self.ana.request("POST", path, headers={"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}, raw=body)

    def test_the_page_reads_and_posts_with_its_token_only(self):
        _, headers, text = self.page()
        cookie = headers["set-cookie"].split(";")[0]
        self.assertIn("SameSite=Strict", headers["set-cookie"])
        self.assertIn("HttpOnly", headers["set-cookie"])
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', text).group(1)
        self.assertEqual(self.form("/plain/posts", token, cookie, {"body": "From+the+page+%26+more"})[0], 303)
        for bad_token, bad_cookie in (("0" * 32, cookie), (token, ""), ("", ""), (token, cookie[:-1] + "x")):
            self.assertEqual(self.form("/plain/posts", bad_token, bad_cookie, {"body": "x"})[0], 403)
        _, _, text = self.page()
        self.assertIn("From the page &amp; more", text)
        self.assertIn("Take back", text)
        thread = re.search(r'href="(/plain/threads/[^"]+)"', text).group(1)
        self.assertEqual(self.form(thread + "/replies", token, cookie, {"body": "A+reply"})[0], 303)
        self.assertIn("A reply", self.page(thread)[2])
        self.assertEqual(self.form("/plain/undo", token, cookie, {})[0], 303)
        self.assertNotIn("A reply", self.page(thread)[2])
        self.assertEqual(self.form("/plain/posts", token, cookie, {"body": ""})[0], 400)

    def test_the_page_has_no_scripts_and_escapes_what_people_write(self):
        self.ana.post("<script>alert('x')</script> \"quoted\" & <b>bold</b>")
        status, headers, text = self.page()
        self.assertEqual(status, 200)
        self.assertNotIn("<script", text)
        self.assertNotIn("<b>", text)
        self.assertIn("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;quoted&quot; &amp; &lt;b&gt;", text)
        policy = headers["content-security-policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        style, kind = self.page("/plain/style.css")[2], self.page("/plain/style.css")[1]["content-type"]
        self.assertIn("prefers-color-scheme: dark", style)
        self.assertTrue(kind.startswith("text/css"))

    def test_the_page_speaks_english_and_german_and_is_accessible(self):
        self.ana.post("Hello")
        for language, lang, words in (("de-DE,de;q=0.9,en;q=0.8", "de", "Für die Nachbarn aushängen"), ("en-GB", "en", "Post to the neighbours"),
                                      ("fr", "en", "Post to the neighbours"), ("de;q=0.1,en;q=0.9", "en", "You are")):
            text = self.page(headers={"Accept-Language": language})[2]
            self.assertIn(f'<html lang="{lang}">', text)
            self.assertIn(words, text)
        text = self.page()[2]
        self.assertEqual(len(re.findall("<h1", text)), 1)
        for field in re.findall(r'<textarea id="([^"]+)"', text):
            self.assertIn(f'<label for="{field}"', text)
        self.assertIn('<main id="main">', text)
        self.assertIn('href="#main"', text)
        self.assertIn("Ana", text)
        self.assertIn("Nothing from outside yet.", text)
        # In a text dump: place, who I am, freshness, form, notice, in this order.
        dump = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<head>.*</head>", "", text, flags=re.S)))
        places = [dump.index(words) for words in ("Elm Street", "You are", "Nothing from outside", "Your notice", "Hello")]
        self.assertEqual(places, sorted(places), dump)

    def test_the_end_is_orderly(self):
        self.assertEqual(self.ana.stop(), 0)
        self.assertEqual([name for name in os.listdir(self.ana.home) if name.startswith("node.")], [])


if __name__ == "__main__":
    kith.main()
