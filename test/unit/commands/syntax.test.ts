import { describe, expect, it } from 'vitest';
import { type Argument, parseSyntax } from '../../../src/core/commands/syntax.js';

/** `name:type#TOKEN?*T(children)` */
function show(arg: Argument): string {
  const flags = `${arg.optional ? '?' : ''}${arg.multiple ? '*' : ''}${arg.multipleToken ? 'T' : ''}`;
  const children = arg.children.length > 0 ? `(${arg.children.map(show).join(' ')})` : '';
  const key = arg.keySpecIndex === undefined ? '' : `@${arg.keySpecIndex}`;
  return `${arg.name}:${arg.type}${arg.token === undefined ? '' : `#${arg.token}`}${key}${flags}${children}`;
}

const parse = (syntax: string, keySpecs = 0) => parseSyntax(syntax, keySpecs).map(show).join(' ');

describe('parseSyntax', () => {
  it('reads names, and guesses their types', () => {
    expect(parse('')).toBe('');
    expect(parse('key value', 1)).toBe('key:key@0 value:string');
    expect(parse('key')).toBe('key:string');
    expect(parse('source destination', 2)).toBe('source:key@0 destination:key@1');
    expect(parse('seconds unix-time-seconds pattern score')).toBe(
      'seconds:integer unix-time-seconds:unix-time pattern:pattern score:double',
    );
  });

  it('reads tokens with and without arguments', () => {
    expect(parse('[GET] [EX seconds]')).toBe('get:pure-token#GET? seconds:integer#EX?');
    expect(parse('[LIMIT offset count]')).toBe('limit:block#LIMIT?(offset:integer count:integer)');
    expect(parse('[COUNT count [ANY]]')).toBe('count-block:block?(count:integer#COUNT any:pure-token#ANY?)');
    expect(parse('[TO host port [FORCE]]')).toBe(
      'to:block#TO?(host:string port:integer force:pure-token#FORCE?)',
    );
  });

  it('reads alternatives', () => {
    expect(parse('[NX | XX]')).toBe('nx-or-xx:oneof?(nx:pure-token#NX xx:pure-token#XX)');
    expect(parse('<LEFT | RIGHT>')).toBe('left-or-right:oneof(left:pure-token#LEFT right:pure-token#RIGHT)');
    expect(parse('[EX seconds | KEEPTTL]')).toBe(
      'seconds-or-keepttl:oneof?(seconds:integer#EX keepttl:pure-token#KEEPTTL)',
    );
    expect(parse('FROM <member | * >')).toBe('member-or-*:oneof#FROM(member:string *:pure-token#*)');
    expect(parse('[= | ~] <m | km>')).toBe(
      '=-or-~:oneof?(=:pure-token#= ~:pure-token#~) m-or-km:oneof(m:pure-token#m km:pure-token#km)',
    );
  });

  it('reads repetitions of a name, a block and a token', () => {
    expect(parse('key [key ...]', 1)).toBe('key:key@0*');
    expect(parse('[name [name ...]]')).toBe('name:string?*');
    expect(parse('field value [field value ...]')).toBe('field-block:block*(field:string value:string)');
    expect(parse('[GET pattern [GET pattern ...]]')).toBe('pattern:pattern#GET?*T');
    expect(parse('STREAMS key [key ...] id [id ...]', 1)).toBe(
      'streams:block#STREAMS(key:key@0* id:string*)',
    );
  });

  it('refuses what is not balanced', () => {
    for (const syntax of ['[key', 'key]', '<a | b', 'a | b']) expect(() => parseSyntax(syntax, 0)).toThrow();
  });
});
