/** Differs between Electron 22, the oldest that is supported, and the current one: custom schemes. */
import { protocol, type Protocol } from 'electron';
import { Readable } from 'node:stream';

export interface SchemeRequest {
  readonly url: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SchemeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Read to its end or destroyed by Electron. */
  readonly body: Readable;
}

/** Chromium's ERR_FAILED. */
const failed = -2;

/** Answers every request of a scheme in one session, if not told otherwise the default one. Call it after Electron is ready. */
export function serveScheme(
  scheme: string,
  respond: (request: SchemeRequest) => Promise<SchemeResponse>,
  target: Protocol = protocol,
): void {
  if ('handle' in (target as object)) {
    target.handle(scheme, async ({ url, method, headers }) => {
      const {
        status,
        body,
        headers: responseHeaders,
      } = await respond({
        url,
        method,
        headers: Object.fromEntries(headers.entries()),
      });
      const isEmpty = status === 204 || method === 'HEAD';
      if (isEmpty) {
        body.destroy();
      }
      return new Response(isEmpty ? null : (Readable.toWeb(body) as ReadableStream), {
        status,
        headers: responseHeaders,
      });
    });
    return;
  }
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way in Electron 22
  target.registerStreamProtocol(scheme, ({ url, method, headers }, answer) => {
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    void respond({ url, method, headers: Object.fromEntries(lowerCase) as Record<string, string> }).then(
      ({ status, headers: responseHeaders, body }) =>
        answer({ statusCode: status, headers: { ...responseHeaders }, data: body }),
      // As `handle` does it, so that nobody waits for an answer that cannot be made.
      () => answer({ error: failed }),
    );
  });
}
