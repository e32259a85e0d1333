import tseslint from 'typescript-eslint';

const workerRule = {
  selector: 'NewExpression[callee.name=/^(Shared)?Worker$/]',
  message: 'Only a bridge in src/app starts a worker.',
};
const rejectRule = {
  selector:
    'TSAsExpression > TSAsExpression > TSUnknownKeyword, TSAsExpression > TSUnknownKeyword.typeAnnotation',
  message: 'No `as unknown as`: give the value a type, or check it with a schema.',
};

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'out/', '.cache/', 'public/', '.dependency-cruiser.cjs'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.core.json',
          './tsconfig.page.json',
          './tsconfig.worker.json',
          './tsconfig.browser-test.json',
          './tsconfig.node.json',
          './tsconfig.server.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'no-restricted-syntax': ['error', workerRule, rejectRule],
      'prefer-const': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: [
      'src/app/**/*-bridge.ts',
      'test/browser/**/*.ts',
      'test/full/page/*.ts',
      'test/e2e/network-watch.test.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', rejectRule] },
  },
  {
    files: ['scripts/**/*.ts', 'models/**/*.ts', 'test/{bench,crash,effects,full}/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
);
