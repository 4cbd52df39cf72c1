# SPDX-License-Identifier: Apache-2.0
"""A bad line between two houses, in user space, for machines whose kernel has no netem: what one side sends comes 150 ms later, sometimes everything stands
still for a while (as TCP does when packets are lost), and connections are cut, at times without a word."""
import contextlib
import queue
import random
import socket
import struct
import threading
import time

DELAY_S = 0.150  # each way
STALL_S_MAX = 1.2
STALL_CHANCE = 0.03  # for each piece that comes
CHUNK = 16384
LIFE_S = (1.0, 5.0)  # how long a connection holds once the line is bad
SILENT_CHANCE = 0.25  # that a cut is not told to anybody


class BadLine:
    """Listens on a port of its own and carries every connection to `port` (which may be named later)."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.target = None
        self.is_cutting = False
        self.cuts = 0
        self.stalls = 0
        self.carried = 0
        self.pairs = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.is_over = False
        for job in (self.accept, self.cut):
            threading.Thread(target=job, daemon=True).start()

    @property
    def multiaddr(self):
        return f"/ip4/127.0.0.1/tcp/{self.port}"

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.socket.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    near.close()
                    continue
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pair = {"ends": (near, far), "until": time.monotonic() + self.random.uniform(*LIFE_S), "is_silent": False}
                self.pairs.append(pair)
                for source, sink in ((near, far), (far, near)):
                    pieces = queue.Queue()
                    threading.Thread(target=self.take, args=(pair, source, pieces), daemon=True).start()
                    threading.Thread(target=self.give, args=(pair, sink, pieces), daemon=True).start()

    def take(self, pair, source, pieces):
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                pieces.put((time.monotonic() + DELAY_S, data))
        pieces.put((time.monotonic() + DELAY_S, b""))

    def give(self, pair, sink, pieces):
        with contextlib.suppress(OSError):
            while True:
                due, data = pieces.get()
                if self.random.random() < STALL_CHANCE:
                    self.stalls += 1
                    due += self.random.uniform(0, STALL_S_MAX)
                time.sleep(max(0.0, due - time.monotonic()))
                if pair["is_silent"]:
                    continue
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
                self.carried += len(data)

    def cut(self):
        while not self.is_over:
            time.sleep(0.05)
            for pair in list(self.pairs) if self.is_cutting else ():
                if time.monotonic() < pair["until"] or pair["is_silent"]:
                    continue
                self.cuts += 1
                if self.random.random() < SILENT_CHANCE:
                    pair["is_silent"] = True  # nothing comes through any more, and nobody is told
                else:
                    self.pairs.remove(pair)
                    self.close(pair)

    @staticmethod
    def close(pair):
        for end in pair["ends"]:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an orderly end
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def end(self):
        self.is_over = True
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for pair in list(self.pairs):
            self.close(pair)
