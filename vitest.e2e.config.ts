import { defineConfig } from 'vitest/config';

/** The real program in the real Electron, one file after another: windows and models want the whole machine. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    // Takes the pictures of the documentation, and only when it is told where to.
    exclude: process.env['T2S_PICTURES'] === undefined ? ['test/e2e/pictures.test.ts'] : [],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What a fast machine shows within a second may take a busy one many.
    expect: { poll: { timeout: 30_000 } },
  },
});
