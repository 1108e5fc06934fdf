/**
 * The arrows of the house (docs/decisions.md, "Layers"): each folder of src/core lists what it may import; everything
 * else is an error. Ports and files: only net/ opens sockets, only persistence/ opens files, only cli/ and commands/
 * touch the terminal.
 */
const allowed = {
  base: [],
  protocol: ['base'],
  info: ['base'],
  store: ['base'],
  services: ['base', 'protocol', 'info', 'store'],
  persistence: ['base', 'protocol', 'store', 'services'],
  commands: ['base', 'protocol', 'info', 'store', 'services', 'persistence'],
  engine: ['base', 'protocol', 'info', 'store', 'services', 'persistence', 'commands'],
  replication: ['base', 'protocol', 'info', 'store', 'services', 'persistence', 'commands', 'engine'],
  net: ['base', 'protocol', 'info', 'store', 'services', 'commands', 'engine'],
  diagnosis: ['base', 'protocol', 'info', 'replication'],
  inspect: ['base', 'protocol', 'info', 'net', 'replication', 'diagnosis'],
};

const layers = Object.entries(allowed).map(([layer, below]) => ({
  name: `layer-${layer}`,
  severity: 'error',
  comment: `core/${layer} may import only: ${below.join(', ') || 'nothing'}`,
  from: { path: `^src/core/${layer}/` },
  to: { path: '^src/', pathNot: `^src/core/(${[layer, ...below].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'no cycle of modules that load each other; types may refer to each other (a command has a context, a context a command)',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'sockets-only-in-net',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/core/net/' },
      to: { path: '^(node:)?(net|tls)$' },
    },
    {
      name: 'files-only-in-persistence',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '^src/core/persistence/' },
      to: { path: '^(node:)?fs' },
    },
    {
      name: 'terminal-only-in-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|commands)/' },
      to: { path: '(^@oclif|^ora$|node_modules/(@oclif|ora)/)' },
    },
    {
      name: 'core-below-commands',
      severity: 'error',
      from: { path: '^src/(core|index)' },
      to: { path: '^src/(cli|commands)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
