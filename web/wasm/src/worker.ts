// SPDX-License-Identifier: Apache-2.0
// The worker of a tab. It waits to hold the core; until then it hands calls on to the worker that does.
import { CoreHost } from './core.ts';
import { doorAddress } from './door.ts';
import { election } from './election.ts';
import { CHANNEL, type Answer, type Between, type Call, type CoreEvent, type FromWorker, type Problem, type ToWorker } from './messages.ts';
import { openSecret } from './secret.ts';
import { openFiles } from './storage.ts';

/** What the worker needs of the scope that it runs in. */
interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  readonly location: WorkerLocation;
}
const scope = self as unknown as Scope;

interface Pending {
  call: Call;
  /** The holder that was asked; null: nobody yet. */
  term: string | null;
}

const own = crypto.getRandomValues(new Uint32Array(4)).join('-');
const between = new BroadcastChannel(CHANNEL);
const pending = new Map<number, Pending>();
let core: CoreHost | null = null;
let term: string | null = null;
let queries = new Set<string>();
let status: CoreEvent | null = null;

const GONE: Problem = {
  code: 'core_gone',
  cause: 'The tab that was at work on this has been closed, and it is not known whether it was done.',
  remedy: 'Look whether it is there before trying again.',
};

const toPage = (message: FromWorker) => scope.postMessage(message);
const toTabs = (message: Between) => between.postMessage(message);

function finish(id: number, answer: Answer): void {
  if (pending.delete(id)) toPage({ kind: 'answer', id, answer });
}

function ask(id: number, one: Pending): void {
  if (core) {
    one.term = term;
    void core.call(one.call).then((answer) => finish(id, answer));
  } else if (term !== null) {
    one.term = term;
    toTabs({ kind: 'call', term, from: own, id, call: one.call });
  }
}

/** Another holder: what the one before left unanswered is asked again if it changes nothing. */
function follow(newTerm: string, newQueries: string[]): void {
  term = newTerm;
  if (newQueries.length > 0) queries = new Set(newQueries);
  for (const [id, one] of [...pending]) {
    if (one.term === newTerm) continue;
    if (one.term !== null && !queries.has(one.call.name)) finish(id, { problem: GONE });
    else ask(id, one);
  }
}

function tellStatus(event: CoreEvent): void {
  if (event.type === 'status') status = event;
  toPage({ kind: 'event', event });
}

function stop(problem: Problem): void {
  toPage({ kind: 'stopped', problem });
  between.close();
  // The lock goes with this worker, and another tab begins.
  self.close();
}

between.onmessage = ({ data }: MessageEvent<Between>) => {
  switch (data.kind) {
    case 'who-leads':
      if (core) lead();
      break;
    case 'leading':
      if (core) break;
      if (data.status) tellStatus(data.status);
      if (data.term !== term) follow(data.term, data.queries);
      break;
    case 'call':
      if (core && data.term === term) {
        void core.call(data.call).then((answer) => toTabs({ kind: 'answer', to: data.from, id: data.id, answer }));
      }
      break;
    case 'answer':
      if (data.to === own) finish(data.id, data.answer);
      break;
    case 'event':
      if (!core) tellStatus(data.event);
      break;
    case 'network':
      core?.networkChanged();
      break;
  }
};

function lead(): void {
  if (core && term !== null) toTabs({ kind: 'leading', term, queries: core.queries, status });
}

/** Compiled while it comes, if the door serves it under its right type. */
async function loadCore(wasm: string | null): Promise<WebAssembly.Module> {
  const url = wasm ?? new URL('kith.wasm', scope.location.href).href;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const isStream = response.headers.get('content-type') === 'application/wasm';
  return isStream ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

async function persistent(): Promise<boolean | null> {
  try {
    return await navigator.storage.persisted();
  } catch {
    return null; // plain HTTP
  }
}

async function begin(start: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
  toTabs({ kind: 'who-leads' });
  // While another tab may still be at work (a tab that takes over has no network perhaps), and while the files are opened.
  const wasm = loadCore(start.wasm);
  wasm.catch(() => {});
  await election(own, () => stop(STOLEN));
  try {
    const [files, secret, isPersistent, compiled] = await Promise.all([openFiles(start.storage), openSecret(), persistent(), wasm]);
    core = await CoreHost.start({
      wasm: compiled,
      files,
      secret,
      options: {
        storage: files.kind,
        persistent: isPersistent,
        doors: [doorAddress(scope.location)],
        is_secure: scope.location.protocol === 'https:',
      },
      event: (event) => {
        tellStatus(event);
        toTabs({ kind: 'event', event });
      },
      stopped: stop,
    });
  } catch (error) {
    console.error(error);
    return stop({
      code: 'core_missing',
      cause: `This app could not begin (${error instanceof Error ? error.message : String(error)}).`,
      remedy: 'Load the page again. If that does not help, use a current browser, or leave private mode.',
    });
  }
  follow(`${own}@${Date.now()}`, core.queries);
  lead();
}

const STOLEN: Problem = {
  code: 'core_stopped',
  cause: 'This tab slept, and another one has taken over.',
  remedy: 'Load the page again.',
};

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'start':
      void begin(data);
      break;
    case 'call': {
      const one: Pending = { call: data.call, term: null };
      pending.set(data.id, one);
      ask(data.id, one);
      break;
    }
    case 'network':
      if (core) core.networkChanged();
      else toTabs({ kind: 'network' });
      break;
  }
};
