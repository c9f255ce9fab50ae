import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../contract/desktop-bridge.ts';

export interface MenuOptions {
  readonly onCommand: (command: MenuCommand) => void;
  readonly onClose: () => void;
  /** Newest first. */
  readonly recentFiles: readonly string[];
  readonly onOpen: (path: string) => void;
  readonly isDevelopment: boolean;
}

/** The menu says what it does; the window does it. */
export function installMenu({ onCommand, onClose, recentFiles, onOpen, isDevelopment }: MenuOptions): void {
  const item = (
    command: MenuCommand,
    label: string,
    accelerator?: string,
    more: MenuItemConstructorOptions = {},
  ): MenuItemConstructorOptions => ({
    id: command,
    label,
    click: () => onCommand(command),
    ...(accelerator === undefined ? {} : { accelerator }),
    ...more,
  });
  // A text field has an undo of its own: the window, which knows where the focus is, hears these keys itself.
  const heardByWindow = { registerAccelerator: false };
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const template: MenuItemConstructorOptions[] = [
    {
      label: '&File',
      submenu: [
        item('open', '&Open…', 'CmdOrCtrl+O'),
        item('open-project', 'Open &Project…', 'CmdOrCtrl+Shift+O'),
        {
          label: 'Open &Recent',
          enabled: recentFiles.length > 0,
          // A single & would be the mark of a key.
          submenu: recentFiles.map((path) => ({ label: path.replaceAll('&', '&&'), click: () => onOpen(path) })),
        },
        separator,
        item('save-project', '&Save Project', 'CmdOrCtrl+S'),
        item('save-project-as', 'Save Project &As…', 'CmdOrCtrl+Shift+S'),
        separator,
        item('export', '&Export…', 'CmdOrCtrl+E'),
        item('report', 'Write &Report…', 'CmdOrCtrl+P'),
        separator,
        { label: '&Quit', accelerator: 'CmdOrCtrl+Q', click: onClose },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        item('undo', '&Undo', 'CmdOrCtrl+Z', heardByWindow),
        item('redo', '&Redo', 'CmdOrCtrl+Shift+Z', heardByWindow),
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        item('zoom-in', 'Zoom &In', 'CmdOrCtrl+Plus'),
        item('zoom-out', 'Zoom &Out', 'CmdOrCtrl+-'),
        item('zoom-native', 'Zoom to &1:1', 'CmdOrCtrl+1'),
        item('zoom-scene', 'Zoom to &Scene', 'CmdOrCtrl+0'),
        separator,
        { role: 'togglefullscreen' },
        ...(isDevelopment ? [{ role: 'toggleDevTools' } as const] : []),
      ],
    },
    {
      label: '&Tools',
      submenu: [
        item('batch', '&Batch…', 'CmdOrCtrl+B'),
        separator,
        item('packs', 'Model &Packs…'),
        item('self-test', 'Self-&Test…'),
        separator,
        item('settings', '&Settings…', 'CmdOrCtrl+,'),
      ],
    },
    {
      label: '&Help',
      submenu: [
        item('shortcuts', '&Keyboard Shortcuts', 'F1'),
        item('tour', '&Tour'),
        separator,
        item('about', '&About Think2Seg Desktop'),
      ],
    },
  ];
  if (process.platform === 'darwin') {
    template.unshift({ role: 'appMenu' });
  }
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
