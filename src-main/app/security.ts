/** What no page of this program may do, whoever wrote it: go elsewhere, open windows, get permissions, use the network. */
import { app, session, type Session, type WebContents } from 'electron';

/** Before Electron is ready: the network service itself is told to resolve nothing. */
export function disableNetwork(developmentServerUrl: string | undefined): void {
  const { commandLine } = app;
  commandLine.appendSwitch('no-proxy-server');
  commandLine.appendSwitch('disable-background-networking');
  commandLine.appendSwitch('disable-component-update');
  commandLine.appendSwitch('disable-domain-reliability');
  commandLine.appendSwitch('no-pings');
  if (developmentServerUrl === undefined) {
    commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
  }
  app.on('web-contents-created', (_, contents) => restrictContents(contents));
}

/** @param allowedUrlPrefixes all that may be loaded, beside what a page made in memory (data:, blob:) */
export function restrictSession(target: Session, allowedUrlPrefixes: readonly string[]): void {
  target.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  target.setPermissionCheckHandler(() => false);
  target.setDevicePermissionHandler(() => false);
  target.setSpellCheckerEnabled(false);
  const allowed = [...allowedUrlPrefixes, 'data:', 'blob:', ...(app.isPackaged ? [] : ['devtools:'])];
  target.webRequest.onBeforeRequest(({ url }, decide) => {
    decide({ cancel: !allowed.some((prefix) => url.startsWith(prefix)) });
  });
  target.on('will-download', (event) => event.preventDefault());
}

export function restrictDefaultSession(allowedUrlPrefixes: readonly string[]): void {
  restrictSession(session.defaultSession, allowedUrlPrefixes);
}

function restrictContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}
