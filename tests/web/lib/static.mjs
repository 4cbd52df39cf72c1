// SPDX-License-Identifier: Apache-2.0
// Serves a folder with a page in it the way a house does: files by their names, the page itself for every path without an extension.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.png': 'image/png',
  '.json': 'application/json', '.webmanifest': 'application/manifest+json', '.wasm': 'application/wasm',
};

/** {url, serve(), close()}: serve() changes the folder. */
export async function serveFolder(first) {
  let folder = first;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/door.json') return response.writeHead(200, { 'content-type': TYPES['.json'] }).end(JSON.stringify({ now_ms: Date.now() }));
    const file = extname(pathname) ? normalize(pathname) : '/index.html';
    try {
      const content = await readFile(join(folder, file));
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${server.address().port}`, serve: (other) => { folder = other; }, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}
