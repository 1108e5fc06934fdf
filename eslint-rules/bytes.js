/**
 * Bytes hygiene (docs/decisions.md, "Bytes"). A `Bytes` holds one byte per char, so Unicode-aware or lenient string
 * methods give wrong answers on it: 'ÿ'.toUpperCase() leaves the byte range, Number(' 1 ') is 1. Only base/bytes and
 * base/numbers may use them; everybody else calls the functions of those modules.
 */
import { ESLintUtils } from '@typescript-eslint/utils';

const METHODS = new Set([
  'toUpperCase',
  'toLowerCase',
  'toLocaleUpperCase',
  'toLocaleLowerCase',
  'trim',
  'trimStart',
  'trimEnd',
  'localeCompare',
  'normalize',
]);
const FUNCTIONS = new Set(['Number', 'parseInt', 'parseFloat', 'BigInt', 'encodeURIComponent']);

function isBytes(type) {
  const parts = type.isUnionOrIntersection?.() ? type.types : [];
  return Boolean(type.getProperty?.('__bytes')) || parts.some(isBytes);
}

export default {
  meta: {
    type: 'problem',
    docs: { description: 'no Unicode-aware or lenient string operations on Bytes' },
    schema: [],
    messages: { method: '{{name}} is not byte-safe on Bytes: use base/bytes or base/numbers' },
  },
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const typeIsBytes = (node) => isBytes(services.getTypeAtLocation(node));
    return {
      CallExpression(node) {
        const { callee } = node;
        if (
          callee.type === 'MemberExpression' &&
          callee.property.type === 'Identifier' &&
          METHODS.has(callee.property.name) &&
          typeIsBytes(callee.object)
        ) {
          context.report({ node, messageId: 'method', data: { name: callee.property.name } });
        }
        if (
          callee.type === 'Identifier' &&
          FUNCTIONS.has(callee.name) &&
          node.arguments.length > 0 &&
          node.arguments[0].type !== 'SpreadElement' &&
          typeIsBytes(node.arguments[0])
        ) {
          context.report({ node, messageId: 'method', data: { name: callee.name } });
        }
        if (
          callee.type === 'MemberExpression' &&
          callee.object.type === 'Literal' &&
          callee.object.regex &&
          /\\[swSW]/.test(callee.object.regex.pattern) &&
          node.arguments.length > 0 &&
          typeIsBytes(node.arguments[0])
        ) {
          context.report({ node, messageId: 'method', data: { name: callee.object.raw } });
        }
      },
    };
  },
};
