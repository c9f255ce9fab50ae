/** What the window gets: two functions and files that are dropped on it. Runs in the sandboxed preload. */
import { ipcRenderer, type IpcRendererEvent } from 'electron';
import type { DesktopBridge, DesktopEvent } from '../contract/desktop-bridge.ts';
import { callChannel, dropChannel, eventChannel, type CallMessage } from './channels.ts';
import { pathOfDroppedFile } from './electron-22/dropped-file.ts';

/** The little of the DOM that is used here; nothing else below `src-main` may touch it. */
interface DropEvent {
  readonly isTrusted: boolean;
  readonly dataTransfer: { readonly files: ArrayLike<File> } | null;
  preventDefault(): void;
}
declare const window: {
  addEventListener(type: 'dragover' | 'drop', listener: (event: DropEvent) => void): void;
};

export function createBridge(): DesktopBridge {
  forwardDroppedFiles();
  return {
    call: (route, input, callId) => {
      const message: CallMessage = { route, input, callId };
      return ipcRenderer.invoke(callChannel, message);
    },
    listen: (listener) => {
      const forward = (_: IpcRendererEvent, event: DesktopEvent): void => listener(event);
      ipcRenderer.on(eventChannel, forward);
      return () => {
        ipcRenderer.removeListener(eventChannel, forward);
      };
    },
  };
}

/** Only a drop by a person opens files: a page cannot make a trusted event, nor a File with a path. */
function forwardDroppedFiles(): void {
  window.addEventListener('dragover', (event) => event.preventDefault());
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.isTrusted && event.dataTransfer !== null) {
      const paths = Array.from(event.dataTransfer.files, pathOfDroppedFile).filter((path) => path !== '');
      ipcRenderer.send(dropChannel, paths);
    }
  });
}
