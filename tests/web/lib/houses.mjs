// SPDX-License-Identifier: Apache-2.0
// Houses for the browser tests: real `kith` processes ($KITH) on temporary homes, which serve the page ($KITH_WEB, where it was built).
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const KITH = process.env.KITH ?? 'kith';
export const WAIT_MS = Number(process.env.KITH_WAIT_MS ?? 60_000); // until something that must happen has happened; generous, because the machine may be busy

const environment = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('KITH_')));

export const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for a condition; its last value is returned. */
export async function until(condition, what) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`did not happen within ${WAIT_MS / 1000} s: ${what}`);
    await rest(50);
  }
}

/** A directory that is gone when `use` is done. */
export async function street(use) {
  const directory = await mkdtemp(join(tmpdir(), 'kith-web-'));
  const houses = [];
  try {
    return await use((name) => {
      const house = new House(directory, name);
      houses.push(house);
      return house;
    });
  } finally {
    await Promise.all(houses.map((house) => house.stop('SIGKILL')));
    await rm(directory, { recursive: true, force: true });
  }
}

/** One person's installation. */
export class House {
  #process = null;
  port = 0;
  /** Another build of the page than $KITH_WEB. */
  web = null;

  constructor(directory, name) {
    this.name = name;
    this.home = join(directory, name);
    this.words = join(directory, `${name}.words`);
  }

  /** The JSON answer of a command: a list, one for each line. */
  kith(...command) {
    return new Promise((resolve, reject) => execFile(KITH, [...command, '--home', this.home, '--json'],
      { env: environment, maxBuffer: 64 << 20, timeout: 2 * WAIT_MS }, (error, output, complaint) => {
        if (error) reject(new Error(`kith ${command.join(' ')}: ${complaint || error.message}`));
        else resolve(output.split('\n').filter(Boolean).map((line) => JSON.parse(line)));
      }));
  }

  async one(...command) {
    const lines = await this.kith(...command);
    if (lines.length !== 1) throw new Error(`kith ${command.join(' ')} answered ${lines.length} lines`);
    return lines[0];
  }

  found(place = 'Linden Row') { return this.one('found', place, '--name', this.name, '--words-file', this.words); }
  join(link) { return this.one('join', link, '--name', this.name, '--words-file', this.words); }

  /** On the same port as before, so that browsers find it again. */
  async serve(...more) {
    const from = this.web ?? process.env.KITH_WEB;
    const web = from ? ['--web', from] : [];
    this.#process = spawn(KITH, ['serve', '--home', this.home, '--port', String(this.port), '--json', '--no-discovery', '--listen', '/ip4/127.0.0.1/tcp/0', ...web, ...more],
      { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let complaint = '';
    this.#process.stderr.on('data', (chunk) => { complaint = (complaint + chunk).slice(-8192); });
    const lines = createInterface({ input: this.#process.stdout });
    const told = await new Promise((resolve, reject) => {
      lines.once('line', (line) => resolve(JSON.parse(line)));
      this.#process.once('exit', (code) => reject(new Error(`${this.name} did not start (${code}): ${complaint}`)));
    });
    this.url = told.url;
    this.address = told.address;
    this.port = Number(new URL(told.url).port);
    return told;
  }

  get running() { return this.#process !== null; }

  /** What the founder's screen shows: a link that a browser can open. */
  async invite(...more) {
    const { link } = await this.one('invite', ...more);
    return link.startsWith('kith:') ? `${this.url}/i#${link.slice('kith:'.length)}` : link;
  }

  /** Waits until this house has all of so many personal spaces that it keeps for others: no more comes for a second. */
  async keeps(spaces) {
    let before = -1;
    await until(async () => {
      const { kept } = await this.one('status');
      const is_calm = kept.spaces === spaces && kept.bytes === before;
      before = kept.bytes;
      if (!is_calm) await rest(1000);
      return is_calm;
    }, `${this.name} keeps ${spaces}`);
  }

  async stop(signal = 'SIGTERM') {
    const running = this.#process;
    if (!running) return;
    this.#process = null;
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await ended;
  }
}
