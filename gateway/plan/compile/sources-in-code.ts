import { readProperty } from './generated-code.ts'
import type { Position } from './position.ts'
import type { TypeIndex } from './type-index.ts'

/** A source of a position in generated code. */
export interface SourceVariable {
  /** Index among the position's sources. */
  readonly source: number
  /** Text that reads the object, or undefined, null. */
  readonly name: string
  /** Known to be an object where it is used. */
  readonly present: boolean
}

/** Where a value is read. */
export interface Reader {
  readonly variable: SourceVariable
  readonly text: string
  readonly unit: number
  /** May be absent from a complete answer. */
  readonly conditional: boolean
}

/** Text of the check that a variable holds an object. */
export function isObject(name: string): string {
  return `(typeof ${name}==="object"&&${name}!==null)`
}

/** Text of a read that is undefined when the object is absent. */
export function readFrom(variable: SourceVariable, jsonKey: string): string {
  const read = readProperty(variable.name, jsonKey)
  return variable.present ? read : `(${variable.name}==null?undefined:${read})`
}

/**
 * All reads that may give the value of a key for a runtime type. Where sources disagree about what the key is (a
 * client's alias equals the name of another field), those of the wanted schema field count.
 */
export function readersOf(position: Position, variables: readonly SourceVariable[], key: string, type: string | undefined, fieldName: string): readonly Reader[] {
  const found: (Reader & { readonly fieldName: string })[] = []
  for (const variable of variables) {
    const source = position.sources[variable.source]
    if (source === undefined) continue
    for (const field of source.provision.fields(type)) {
      if (field.key !== key) continue
      const text = readFrom(variable, field.jsonKey)
      const same = found.findIndex((other) => other.text === text)
      if (same === -1) found.push({ variable, text, unit: source.unit, fieldName: field.fieldName, conditional: field.conditional })
      else if (found[same]?.conditional === true && !field.conditional) found[same] = { ...found[same], conditional: false }
    }
  }
  const exact = found.filter((reader) => reader.fieldName === fieldName)
  return exact.length > 0 ? exact : found
}

/** Text of the first value that is there; the first read when none is. */
export function firstOf(texts: readonly string[]): string {
  const [first, ...rest] = texts
  if (first === undefined) return 'undefined'
  return rest.reduce((text, next) => `(${text}??${next})`, first)
}

/** Text of the runtime type's name; undefined when no source tells it. */
export function typeNameOf(position: Position, variables: readonly SourceVariable[]): string | undefined {
  const texts: string[] = []
  for (const variable of variables) {
    const named = position.sources[variable.source]?.provision.fields(undefined).filter((field) => field.fieldName === '__typename') ?? []
    const provided = named.find((field) => field.jsonKey === '__typename') ?? named.find((field) => !field.conditional)
    if (provided !== undefined) texts.push(readFrom(variable, provided.jsonKey))
  }
  const [first, ...rest] = texts
  if (first === undefined) return undefined
  return rest.reduce((text, next) => `moreSpecific(${text},${next})`, first)
}

/**
 * Statements that load what is linked to an object or put beside it, and the variables of all its sources.
 * `visible` tells which fetches have answered at this point for sure.
 */
export function loadSources(position: Position, below: readonly SourceVariable[], visible: (unit: number) => boolean, name: (prefix: string) => string): { readonly code: string; readonly variables: readonly SourceVariable[]; readonly links: readonly { readonly slot: number; readonly variable: string }[] } {
  let code = ''
  const variables = [...below]
  const links: { readonly slot: number; readonly variable: string }[] = []
  position.linked.forEach((source, index) => {
    if (!visible(source.unit)) return
    const link = name('l')
    const entity = name('e')
    const { index: slot } = source.slot
    const reads = below.map((variable) => (variable.present ? `${variable.name}[s${slot}]` : `(${isObject(variable.name)}?${variable.name}[s${slot}]:undefined)`))
    code += `const ${link}=${firstOf(reads)};const ${entity}=${link}===undefined?undefined:R[${slot}][${link}];`
    variables.push({ source: position.below.length + index, name: entity, present: false })
    links.push({ slot, variable: link })
  })
  position.roots.forEach((source, index) => {
    if (!visible(source.unit)) return
    const root = name('r')
    code += `const ${root}=roots[${source.root}];`
    variables.push({ source: position.below.length + position.linked.length + index, name: root, present: false })
  })
  return { code, variables, links }
}

/** Runtime types that may meet one of the conditions: object types, and the conditions' own names for interface objects. */
export function typesMeeting(types: TypeIndex, conditions: readonly string[]): readonly string[] {
  const found = new Set<string>()
  for (const condition of conditions) {
    for (const possible of types.possibleTypes(condition)) found.add(possible)
    found.add(condition)
  }
  return [...found]
}
