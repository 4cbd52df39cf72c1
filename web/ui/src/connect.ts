// SPDX-License-Identifier: Apache-2.0
// The real core: its worker and its WebAssembly, both from this door.
import wasm from 'kith.wasm?url';
import worker from '../../wasm/src/worker.ts?worker&url';
import { connect } from '../../wasm/src/client';
import type { Api } from './api';
import { script } from './trusted';

export const core = () => connect<Api>({ worker: () => new Worker(script(worker), { type: 'module' }), wasm: new URL(wasm, location.origin).href });
