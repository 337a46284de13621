import { defineConfig } from 'vitest/config';

const core = ['workflow', 'expression', 'template', 'context', 'plan', 'executor'];

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    // Properties take long on a busy machine; what hangs is still found.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: core.map((folder) => `src/${folder}/**/*.ts`),
      exclude: ['**/*.test.ts', '**/testing/**', '**/generated/**'],
      reporter: [['text', { skipFull: true }], 'html'],
      thresholds: Object.fromEntries(core.map((folder) => [`src/${folder}/**`, { lines: 90, branches: 90 }])),
    },
  },
});
