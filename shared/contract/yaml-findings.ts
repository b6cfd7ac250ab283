import type { Diagnostic, SourcePosition } from '../errors/index.ts'

export function syntaxError(what: string, position: SourcePosition): Diagnostic {
  return {
    rule: 'contract-yaml-syntax',
    severity: 'error',
    what,
    expected: 'one YAML 1.2 document',
    why: 'nothing else of the file can be read',
    how: 'correct the syntax at this place; values that hold `:`, `#`, `{` or `[` need quotes',
    position,
  }
}

export function duplicateKey(name: string, position: SourcePosition): Diagnostic {
  return {
    rule: 'contract-duplicate-key',
    severity: 'error',
    what: `the key \`${name}\` stands twice in one record`,
    expected: 'each key once',
    why: 'readers of YAML disagree about which of the two counts',
    how: 'remove one of the two',
    position,
  }
}

export function forbiddenKey(name: string, position: SourcePosition): Diagnostic {
  return {
    rule: 'contract-forbidden-key',
    severity: 'error',
    what: `the key \`${name}\` is not allowed`,
    expected: 'a key of the standard, or another name',
    why: 'it changes how programs treat the record that holds it',
    how: 'rename or remove the key',
    position,
  }
}

export function tooLarge(what: string, expected: string, position: SourcePosition): Diagnostic {
  return {
    rule: 'contract-too-large',
    severity: 'error',
    what,
    expected,
    why: 'a file without a limit could occupy whoever reads it',
    how: 'split the contract: a domain may have several',
    position,
  }
}

export function tooDeep(position: SourcePosition, maxDepth: number): Diagnostic {
  return {
    rule: 'contract-too-deep',
    severity: 'error',
    what: 'records or lists are nested too deep',
    expected: `at most ${maxDepth} levels`,
    why: 'deep nesting is a known way to occupy a parser',
    how: 'flatten the structure',
    position,
  }
}
