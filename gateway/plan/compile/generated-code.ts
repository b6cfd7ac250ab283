const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/

/** Names that objects inherit: read as own properties only. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype))

/**
 * Text of a property read. Keys are GraphQL names, so nothing of a request can become code; anything else is refused.
 */
export function readProperty(object: string, key: string): string {
  if (!NAME.test(key)) throw new TypeError('a response key is not a GraphQL name')
  return INHERITED.has(key) ? `own(${object},${JSON.stringify(key)})` : `${object}.${key}`
}

/** Text of a property in an object literal; `__proto__` would set the prototype if it were not computed. */
export function literalProperty(key: string, value: string): string {
  if (!NAME.test(key)) throw new TypeError('a response key is not a GraphQL name')
  return key === '__proto__' ? `["__proto__"]:${value}` : `${key}:${value}`
}

/** Text of a property write. */
export function writeProperty(object: string, key: string, value: string): string {
  if (!NAME.test(key)) throw new TypeError('a response key is not a GraphQL name')
  return key === '__proto__' ? `Object.defineProperty(${object},"__proto__",{value:${value},enumerable:true,configurable:true,writable:true});` : `${object}.${key}=${value};`
}

/** Collects the functions and constants of one plan's code. */
export class CodeModule {
  readonly #functions: string[] = []
  readonly #constants: unknown[] = []
  #names = 0

  /** A name that nothing else in the module has. */
  name(prefix: string): string {
    return `${prefix}${this.#names++}`
  }

  add(code: string): void {
    this.#functions.push(code)
  }

  /** Text that reads a value which has no literal form. */
  constant(value: unknown): string {
    const known = this.#constants.indexOf(value)
    return `k${known === -1 ? this.#constants.push(value) - 1 : known}`
  }

  /** Compiles the module; `exported` is the text of the object it returns. */
  link(environment: Readonly<Record<string, unknown>>, exported: string): unknown {
    const names = Object.keys(environment)
    const constants = this.#constants.map((_value, index) => `const k${index}=constants[${index}];`).join('')
    const body = `"use strict";${constants}\n${this.#functions.join('\n')}\nreturn ${exported}`
    // Compiled once per plan: what is interpreted per value costs more than everything else in an answer.
    // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
    const factory = new Function('constants', ...names, body) as (...values: unknown[]) => unknown
    return factory(this.#constants, ...names.map((name) => environment[name]))
  }
}
