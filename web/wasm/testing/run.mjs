// SPDX-License-Identifier: Apache-2.0
// Runs a test program that was compiled to WebAssembly: node run.mjs base_test.wasm [arguments …]. It sees the whole file system,
// for the vectors.
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';

process.removeAllListeners('warning'); // node:wasi calls itself experimental on every run
const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: [program, ...args], env: { ...process.env, PWD: '/' }, preopens: { '/': '/' }, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(program));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
