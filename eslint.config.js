import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** The core takes clock, random, timers, files and network from its host (src/executor/host.ts). */
const core = ['workflow', 'expression', 'template', 'context', 'plan', 'executor'].map((name) => `src/${name}/**/*.ts`);
const tests = ['**/*.test.ts', '**/testing/**', 'test/**'];

const edgeGlobals = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'process',
  'console',
  'performance',
  'crypto',
  'fetch',
  'globalThis',
].map((name) => ({ name, message: 'The core does nothing of its own: take this from the host.' }));

const edgeModules = [
  'child_process',
  'cluster',
  'crypto',
  'dgram',
  'dns',
  'fs',
  'http',
  'http2',
  'https',
  'net',
  'os',
  'perf_hooks',
  'process',
  'readline',
  'timers',
  'tls',
  'worker_threads',
];

export default defineConfig(
  { ignores: ['dist/**', 'coverage/**', '**/generated/**', '**/fixtures/**', 'workflows/out/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // What was caught is of unknown type; it is passed on as it is.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': 'allow-with-description', 'ts-ignore': true, 'ts-nocheck': true },
      ],
      // `typeof import('ajv')` is how a library that is loaded late is named.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      // An inline `type` leaves an empty import behind, which loads the module.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A function may be async for the sake of its interface.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals: enums are not erasable.' },
        { selector: 'TSParameterProperty', message: 'Write the field out: parameter properties are not erasable.' },
      ],
    },
  },
  {
    files: core,
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', ...edgeGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: "Take the time from the host's clock." },
        { object: 'Math', property: 'random', message: "Take randomness from the host's random." },
        { object: 'AbortSignal', property: 'timeout', message: "Take timers from the host's clock." },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals: enums are not erasable.' },
        { selector: 'TSParameterProperty', message: 'Write the field out: parameter properties are not erasable.' },
        {
          selector: ":matches(NewExpression, CallExpression)[callee.name='Date'][arguments.length=0]",
          message: "Take the time from the host's clock.",
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(node:)?(${edgeModules.join('|')})(/|$)`,
              message: 'The core does no I/O of its own: take it from the host.',
            },
          ],
        },
      ],
    },
  },
  {
    // The one place that makes functions of code, none of whose text is an author's.
    files: ['src/expression/code-generator.ts'],
    rules: { '@typescript-eslint/no-implied-eval': 'off' },
  },
  {
    files: tests,
    rules: {
      // `expect(spy.method)` and matchers that are typed `any` are how vitest is written.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // An action that throws anything at all is tested too.
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
    },
  },
);
