/** Writes the one-page report. A PDF is printed by a window that nobody sees, in which no script runs. */
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { BrowserWindow, session, type Session } from 'electron';
import { Think2SegError } from '../contract/errors.ts';
import { serveScheme, type SchemeResponse } from './electron-22/serve-scheme.ts';
import { writeWholeFile } from './json-file.ts';
import { restrictSession } from './security.ts';

export const reportScheme = 't2s-report';

/** The report brings its own styles and pictures and needs nothing else. */
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export async function writeReport(path: string, html: string, overwrite: boolean): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (extension !== '.html' && extension !== '.pdf') {
    throw new Think2SegError('OUTPUT_FORMAT', `got ${path}, expected a name that ends with .html or .pdf`);
  }
  if (!overwrite && (await exists(path))) {
    throw new Think2SegError('OUTPUT_EXISTS', `${path} exists already; choose another name or allow to replace it`);
  }
  await writeWholeFile(path, extension === '.html' ? html : await printToPdf(html));
}

/** Reports that are being printed, by the host of their address. */
const pages = new Map<string, string>();
let printSession: Session | null = null;

/** A session apart, in memory, in which nothing can be loaded but the reports above. */
function sessionForPrinting(): Session {
  if (printSession === null) {
    printSession = session.fromPartition('think2seg-report');
    restrictSession(printSession, [`${reportScheme}:`]);
    serveScheme(reportScheme, ({ url }) => Promise.resolve(reportResponse(url)), printSession.protocol);
  }
  return printSession;
}

function reportResponse(url: string): SchemeResponse {
  const html = pages.get(new URL(url).host);
  return {
    status: html === undefined ? 404 : 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': reportPolicy },
    body: Readable.from([Buffer.from(html ?? '', 'utf8')]),
  };
}

async function printToPdf(html: string): Promise<Uint8Array> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: {
      session: sessionForPrinting(),
      javascript: false,
      sandbox: true,
      contextIsolation: true,
      webSecurity: true,
    },
  });
  const host = randomUUID();
  pages.set(host, html);
  try {
    await window.loadURL(`${reportScheme}://${host}/`);
    return await window.webContents.printToPDF({ printBackground: true, pageSize: 'A4', preferCSSPageSize: true });
  } finally {
    window.destroy();
    pages.delete(host);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') {
      return false;
    }
    throw thrown;
  }
}
