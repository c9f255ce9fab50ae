/** `t2s-app:` serves the built window, and nothing beside it, with its content security policy. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { Readable } from 'node:stream';
import { contentSecurityPolicy } from './content-policy.ts';
import { serveScheme, type SchemeResponse } from './electron-22/serve-scheme.ts';

export const contentScheme = 't2s-app';
export const contentOrigin = `${contentScheme}://window`;

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

export function serveContent(directory: string): void {
  serveScheme(contentScheme, ({ url }) => contentResponse(directory, url));
}

async function contentResponse(directory: string, url: string): Promise<SchemeResponse> {
  const path = contentPath(directory, url);
  const mediaType = path === null ? undefined : mediaTypes[extname(path)];
  if (path === null || mediaType === undefined) {
    return notFound();
  }
  let content;
  try {
    content = await readFile(path);
  } catch {
    return notFound();
  }
  return {
    status: 200,
    headers: {
      'content-type': mediaType,
      'content-length': String(content.byteLength),
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
    body: Readable.from([content]),
  };
}

/** The file below `directory` that an address means; null when it means none. */
export function contentPath(directory: string, url: string): string | null {
  const { host, pathname } = new URL(url);
  let relative;
  try {
    relative = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  const path = normalize(join(directory, relative));
  return host === 'window' && !relative.includes('\0') && path.startsWith(directory + sep) ? path : null;
}

function notFound(): SchemeResponse {
  return { status: 404, headers: { 'content-type': 'text/plain' }, body: Readable.from(['not found']) };
}
