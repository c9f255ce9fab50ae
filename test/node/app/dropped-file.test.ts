import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => vi.resetModules());

const dropped = Object.assign(new File([], 'scene.tif'), { path: '/data/scene.tif' });

it('asks the current Electron where a dropped file lies', async () => {
  vi.doMock('electron', () => ({ webUtils: { getPathForFile: (file: File) => `/dropped/${file.name}` } }));
  const { pathOfDroppedFile } = await import('../../../src-main/app/electron-22/dropped-file.ts');
  expect(pathOfDroppedFile(dropped)).toBe('/dropped/scene.tif');
});

it('finds it at the file itself in Electron 22, and nothing at a file that a page made', async () => {
  vi.doMock('electron', () => ({ webUtils: undefined }));
  const { pathOfDroppedFile } = await import('../../../src-main/app/electron-22/dropped-file.ts');
  expect(pathOfDroppedFile(dropped)).toBe('/data/scene.tif');
  expect(pathOfDroppedFile(new File([], 'made-up.tif'))).toBe('');
});
