/** Which folder may know which. A rule without a checker is a wish. */
const coreParts = ['raster', 'reason', 'segment', 'vector', 'export'];

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle means two files are one concept, or one of them sits in the wrong place.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contract-is-a-leaf',
      comment: 'The contract crosses every process border, so it may load nothing but its validator.',
      severity: 'error',
      from: { path: '^src-main/contract/' },
      to: { pathNot: ['^src-main/contract/', 'node_modules/zod/'] },
    },
    {
      name: 'core-knows-no-caller',
      comment: 'Desktop, command line and tests call core; core calls none of them.',
      severity: 'error',
      from: { path: '^src-main/core/' },
      to: { path: ['^src-main/(app|engine|cli)', '^src-main/[^/]+\\.ts$', '^src-renderer/', 'node_modules/electron/'] },
    },
    ...coreParts.map((part) => ({
      name: `core-${part}-stands-alone`,
      comment: 'Only query.ts joins the steps; a step that knows another cannot be tested or replaced alone.',
      severity: 'error',
      from: { path: `^src-main/core/${part}/` },
      to: { path: `^src-main/core/(${coreParts.filter((other) => other !== part).join('|')})/` },
    })),
    {
      name: 'low-level-core-stays-low',
      comment: 'What several steps share must not depend on any of them.',
      severity: 'error',
      from: { path: '^src-main/core/(crs|gdal|geometry|image|inference|files|sqlite|wasm)/' },
      to: { path: `^src-main/core/(${coreParts.join('|')}|pack)/` },
    },
    {
      name: 'engine-knows-core-and-contract',
      comment: 'The engine process is reached by messages only.',
      severity: 'error',
      from: { path: '^src-main/engine/' },
      to: { path: ['^src-main/(app|cli)', '^src-renderer/'] },
    },
    {
      name: 'app-never-loads-core',
      comment: 'A native library that fails to load must not take the main process down.',
      severity: 'error',
      from: { path: '^src-main/app/' },
      to: { path: '^src-main/core/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'renderer-knows-contract-only',
      comment: 'The renderer is sandboxed: it gets data, never code with access.',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: '^src-main/(?!contract/)' },
    },
    {
      name: 'renderer-loads-these-libraries',
      comment: 'Each library in the window is code that reads files of strangers: a short list, looked at one by one.',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: {
        pathNot: ['^src-renderer/', '^src-main/contract/', 'node_modules/(svelte|ol|proj4|geotiff|zod)/', '\\.css$'],
      },
    },
    {
      name: 'renderer-state-knows-no-view',
      comment: 'What is worked on must not depend on how it is shown.',
      severity: 'error',
      from: { path: '^src-renderer/state/' },
      to: { path: '^src-renderer/(?!state/)' },
    },
    {
      name: 'no-dev-dependency-in-product',
      comment: 'What the product loads must be installed with it.',
      severity: 'error',
      from: { path: '^src-main/', pathNot: '^src-main/think2seg\\.mjs$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/electron/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
