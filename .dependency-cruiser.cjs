// The directions of imports (docs/architecture.md): what a folder of src/ may import beside itself, and nothing else.
// Type imports count: an arrow in the types is an arrow in the reader's head.

/** `actions/` without the built-ins: what the core knows of an action. */
const ACTION = 'actions/(action|static)';
/** With the definition of actions, their registry and the check of their inputs. */
const REGISTRY =
  'actions/(action|static|define-action|registry|validate|input-keys|schema-fit|schema-problem|value-description)';

const core = ['errors', 'workflow', 'expression', 'template', 'context'];
const MAY_IMPORT = {
  errors: [],
  workflow: ['errors'],
  expression: ['errors'],
  context: ['errors'],
  template: ['errors', 'expression'],
  plan: [...core, REGISTRY],
  executor: [...core, 'plan', ACTION],
  actions: core,
  journal: ['errors', 'executor'],
  history: ['errors', 'context', 'executor', 'journal', ACTION],
  node: [...core, 'plan', 'executor', 'actions'],
  queue: [...core, 'plan', 'executor', 'actions', 'node', 'journal', 'history/masked'],
  format: ['errors', 'workflow'],
  lint: [...core, 'plan', 'format'],
  import: ['errors', 'workflow', 'expression'],
  rehearsal: [...core, 'plan', 'executor', 'actions', 'node', 'journal'],
  cli: [
    ...core,
    'plan',
    'executor',
    'actions',
    'node',
    'journal',
    'history',
    'queue',
    'rehearsal',
    'format',
    'lint',
    'import',
    'index',
  ],
};

const module_ = (name) => (name === 'index' || name.includes('/') ? `${name}\\.ts$` : `${name}/`);
const TEST = '\\.test\\.ts$|/testing/';

/** Every path of src/ that is neither the folder itself nor one it may import. */
const direction = ([folder, allowed]) => ({
  name: `direction-${folder}`,
  comment: `src/${folder}/ may import: ${[folder, ...allowed].join(', ')} (docs/architecture.md).`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: TEST },
  to: { path: '^src/', pathNot: `^src/(${[folder, ...allowed].map(module_).join('|')})` },
});

/** Where schemas are written: read by scripts/, and elsewhere for their types only. */
const TYPEBOX = '^src/(workflow|rehearsal)/schema(-values)?\\.ts$';

const src = { path: '^src/', pathNot: TEST };

module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(direction),
    {
      name: 'direction-action',
      comment: 'What the core knows of an action imports errors/ only.',
      severity: 'error',
      from: { path: `^src/${module_(ACTION)}`, pathNot: TEST },
      to: { path: '^src/', pathNot: `^src/(errors/|${module_(ACTION)})` },
    },
    {
      name: 'direction-registry',
      comment: 'The definition and the registry of actions know no built-in action.',
      severity: 'error',
      from: { path: `^src/${module_(REGISTRY)}`, pathNot: TEST },
      to: { path: '^src/', pathNot: `^src/(errors/|workflow/|${module_(REGISTRY)})` },
    },
    {
      name: 'direction-index',
      comment: 'The library does not bring the command line along.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'unknown-folder',
      comment: 'A new folder of src/ needs a row in MAY_IMPORT and in docs/architecture.md.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(MAY_IMPORT).join('|')})/` },
      to: {},
    },
    {
      name: 'no-cycle',
      comment: 'Two modules that need each other are one, or a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      comment: 'The imported module does not exist.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'tests-stay-outside',
      comment: 'The product does not import tests, benchmarks or scripts.',
      severity: 'error',
      from: src,
      to: { path: `^(test|bench|scripts|workflows)/|${TEST}` },
    },
    {
      name: 'dependencies-only',
      comment: 'What the product imports stands under "dependencies" or "peerDependencies" in package.json.',
      severity: 'error',
      from: { ...src, pathNot: `${TEST}|${TYPEBOX}` },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-optional'],
        dependencyTypesNot: ['npm-peer'],
      },
    },
    {
      name: 'typebox-is-types-only',
      comment:
        'TypeBox takes 180 ms to load and is not installed with heddle: schemas are imported for their types only.',
      severity: 'error',
      from: { path: '^src/', pathNot: `${TEST}|${TYPEBOX}` },
      to: { path: TYPEBOX, dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
