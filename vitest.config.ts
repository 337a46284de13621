import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/{workflow,expression,template,context,plan,executor}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/generated/**'],
    },
  },
});
