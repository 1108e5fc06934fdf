import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import bytes from './eslint-rules/bytes.js';

const clockAndChance = [
  { object: 'Date', property: 'now', message: 'use the Clock port (base/clock)' },
  { object: 'Math', property: 'random', message: 'use the Random port (base/random)' },
  { object: 'performance', property: 'now', message: 'use the Clock port (base/clock)' },
];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', '.tmp', '*.cjs'] },
  eslint.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { local: { rules: { bytes } } },
    rules: {
      'local/bytes': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...clockAndChance],
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: 'use the Clock port (base/clock)' },
        { name: 'setInterval', message: 'use the Clock port (base/clock)' },
        { name: 'setImmediate', message: 'use the Clock port (base/clock)' },
        { name: 'process', message: 'only cli/ and commands/ touch the process' },
        { name: 'console', message: 'use the Log port' },
      ],
      'max-lines': ['warn', { max: 600, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['src/core/base/{bytes,numbers,long-double}.ts'],
    rules: { 'local/bytes': 'off' },
  },
  {
    // The adapters: the real clock, chance, wires and disks.
    files: ['src/core/**/*-system.ts', 'src/core/net/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' },
  },
  {
    files: ['src/core/{store,engine,replication}/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'AwaitExpression', message: 'handlers run to completion: callbacks through ports' },
        { selector: ':function[async=true]', message: 'handlers run to completion: callbacks through ports' },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-floating-promises': 'error' },
  },
  prettier,
);
