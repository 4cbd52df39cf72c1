// SPDX-License-Identifier: Apache-2.0
// The WebSockets of the core, by number.

export interface SocketEvents {
  opened(handle: number): void;
  received(handle: number, bytes: Uint8Array): void;
  closed(handle: number): void;
}

export class Sockets {
  private readonly sockets = new Map<number, WebSocket>();
  private next = 0;
  /** What the sockets have told. One at a time has its turn, between the calls of pages: a person's question overtakes what comes in. */
  private readonly told: (() => void)[] = [];
  private readonly turns = new MessageChannel();

  constructor(private readonly events: SocketEvents) {
    this.turns.port1.onmessage = () => {
      const turn = this.told.shift();
      if (this.told.length > 0) this.turns.port2.postMessage(null);
      turn?.();
    };
  }

  /** -1: the browser does not even try (a plain WebSocket from a page over https, say). */
  open(url: string): number {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url);
    } catch {
      return -1;
    }
    const handle = this.next++;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.later(handle, () => this.events.opened(handle));
    socket.onmessage = ({ data }) => {
      // libp2p knows no text messages.
      if (data instanceof ArrayBuffer) this.later(handle, () => this.events.received(handle, new Uint8Array(data)));
    };
    socket.onclose = () =>
      this.later(handle, () => {
        this.sockets.delete(handle);
        this.events.closed(handle);
      });
    this.sockets.set(handle, socket);
    return handle;
  }

  private later(handle: number, turn: () => void): void {
    if (this.told.length === 0) this.turns.port2.postMessage(null);
    this.told.push(() => {
      if (this.sockets.has(handle)) turn();
    });
  }

  send(handle: number, bytes: Uint8Array<ArrayBuffer>): void {
    const socket = this.sockets.get(handle);
    if (socket?.readyState === WebSocket.OPEN) socket.send(bytes);
  }

  unsent(handle: number): number {
    return this.sockets.get(handle)?.bufferedAmount ?? 0;
  }

  /** Nothing is heard of it any more. */
  close(handle: number): void {
    const socket = this.sockets.get(handle);
    this.sockets.delete(handle);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  closeAll(): void {
    this.turns.port1.close();
    for (const handle of [...this.sockets.keys()]) this.close(handle);
  }
}
