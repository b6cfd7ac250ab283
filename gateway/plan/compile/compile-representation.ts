import type { RequiredSelection, Rewrite } from '../plan-node.ts'
import type { CodeModule } from './generated-code.ts'
import type { Position } from './position.ts'
import { firstOf, loadSources, readersOf, typeNameOf, typesMeeting, type SourceVariable } from './sources-in-code.ts'
import type { TypeIndex } from './type-index.ts'

/** What representation code is made with. */
export interface RepresentationContext {
  readonly module: CodeModule
  readonly types: TypeIndex
  /** Fetches whose answers the representation may read. */
  readonly visible: (unit: number) => boolean
}

/** One object to represent. */
export interface Represented {
  readonly position: Position
  readonly variables: readonly SourceVariable[]
  readonly selections: readonly RequiredSelection[]
  readonly rewrites: readonly Rewrite[]
  /** It is an entity to be found, not a value in its representation. */
  readonly isEntity?: boolean
}

type Member =
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'value'; readonly key: string; readonly name: string; readonly selections: readonly RequiredSelection[] | undefined; readonly rewrites: readonly Rewrite[] }

/**
 * Statements that put the JSON text of an object's representation into a variable, or leave it undefined when a value
 * that it needs is not there.
 */
export function representationCode(context: RepresentationContext, object: Represented, target: string): string {
  const conditions = conditionsOf(object.selections)
  if (conditions.length === 0) return membersCode(context, object, undefined, target)
  const typeName = typeNameOf(object.position, object.variables)
  const cases = new Map<string, string[]>()
  for (const type of typesMeeting(context.types, conditions)) {
    const code = membersCode(context, object, type, target)
    const same = cases.get(code)
    if (same === undefined) cases.set(code, [type])
    else same.push(type)
  }
  const type = context.module.name('t')
  const otherwise = object.selections.some((selection) => selection.kind === 'field') ? membersCode(context, object, '', target) : ''
  const switched = [...cases].map(([code, names]) => `${names.map((name) => `case ${JSON.stringify(name)}:`).join('')}{${code}break}`).join('')
  return `const ${type}=${typeName ?? 'undefined'};switch(${type}){${switched}default:{${otherwise}}}`
}

/** A representation of one type that is made of leaves only: equal ones are found by their values, without their text. */
export interface LeafRepresentation {
  /** Text of the check that the object is of the type. */
  readonly condition: string
  /** Variables and what is read into them; the one that tells most objects apart first. */
  readonly values: readonly { readonly name: string; readonly read: string }[]
  /** Text of the representation's JSON text, made of the variables. */
  readonly text: string
}

/** Undefined when a representation is not that simple. */
export function leafRepresentation(context: RepresentationContext, object: Represented): LeafRepresentation | undefined {
  const types = typesMeeting(context.types, conditionsOf(object.selections))
  const [type] = types
  const typeName = typeNameOf(object.position, object.variables)
  if (type === undefined || types.length > 1 || typeName === undefined) return undefined
  const members = new Map<string, Member>()
  collectMembers(context.types, object.selections, type, members)
  applyRewrites(context.types, object.rewrites, type, members)
  const values: { readonly name: string; readonly read: string; readonly isKey: boolean }[] = []
  const texts: string[] = []
  for (const [as, member] of members) {
    const label = `${texts.length === 0 ? '{' : ','}${JSON.stringify(as)}:`
    if (member.kind === 'constant' || member.key === '__typename') {
      texts.push(JSON.stringify(label + (member.kind === 'constant' ? member.text : JSON.stringify(type))))
      continue
    }
    const readers = readersOf(object.position, object.variables, member.key, type, member.name)
    if (member.selections !== undefined || readers.every((reader) => reader.conditional)) return undefined
    const name = context.module.name('v')
    texts.push(JSON.stringify(label), `leafText(${name})`)
    values.push({ name, read: firstOf(readers.map((reader) => reader.text)), isKey: context.types.isKeyField(type, member.name) })
  }
  if (values.length === 0) return undefined
  values.sort((left, right) => Number(right.isKey) - Number(left.isKey))
  return { condition: `${typeName}===${JSON.stringify(type)}`, values, text: `${texts.join('+')}+"}"` }
}

function membersCode(context: RepresentationContext, object: Represented, type: string | undefined, target: string): string {
  const members = new Map<string, Member>()
  collectMembers(context.types, object.selections, type, members)
  applyRewrites(context.types, object.rewrites, type, members)
  if (members.size === 0) return ''
  // Planners may narrow a type until nothing is left of its key: nothing is found by a type's name.
  if (object.isEntity === true && [...members.keys()].every((as) => as === '__typename')) return ''
  const texts: string[] = []
  const loads: string[] = []
  const needed: string[] = []
  for (const [as, member] of members) {
    const label = `${texts.length === 0 ? '{' : ','}${JSON.stringify(as)}:`
    if (member.kind === 'constant') {
      texts.push(JSON.stringify(label + member.text))
      continue
    }
    const readers = readersOf(object.position, object.variables, member.key, type === '' ? undefined : type, member.name)
    const value = context.module.name('v')
    const isKey = type === undefined || context.types.isKeyField(type, member.name) || member.name === '__typename'
    if (!isKey && readers.length > 0 && readers.every((reader) => reader.conditional)) {
      // What needs it is not asked for either when its condition does not hold; but it must be that, and not a failure.
      const off = readers.map(({ variable, unit }) => `${variable.present ? 'true' : `${variable.name}!=null`}||state.isOff(${unit})`).join('||')
      // Of a value that is there and has no text, a part is missing.
      const absent = `${firstOf(readers.map((reader) => reader.text))}===undefined`
      needed.push(`(${value}!==undefined||${absent}&&(${off}))`)
      texts.push(`(${value}===undefined?"":${JSON.stringify(label)}+${value})`)
    } else {
      texts.push(JSON.stringify(label), value)
      needed.push(`${value}!==undefined`)
    }
    if (member.selections === undefined) {
      loads.push(`const ${value}=leafText(${firstOf(readers.map((reader) => reader.text))});`)
      continue
    }
    const child = object.position.child(member.key)
    const readerOf = new Map(readers.map((reader) => [reader.variable.source, reader.text]))
    const nested = nestedFunction(context, { position: child, variables: [], selections: member.selections, rewrites: member.rewrites })
    const passed = child.below.filter((source) => context.visible(source.unit)).map((source) => readerOf.get(source.parent) ?? 'undefined')
    loads.push(`const ${value}=${nested}(${passed.join(',')});`)
  }
  const text = `${texts.join('+')}+"}"`
  if (needed.length === 0) return `${target}=${text};`
  return `${loads.join('')}if(${needed.join('&&')})${target}=${text};`
}

/** A function that gives the text of a nested value: of lists, of null, or of an object; undefined when a part is missing. */
function nestedFunction(context: RepresentationContext, object: Represented): string {
  const { module } = context
  const name = module.name('n')
  const below = object.position.below.flatMap((source, index) => (context.visible(source.unit) ? [{ source: index, name: module.name('o'), present: false }] : []))
  const names = below.map((variable) => variable.name)
  const [first] = names
  if (first === undefined) {
    module.add(`function ${name}(){return undefined}`)
    return name
  }
  const loaded = loadSources(object.position, below, context.visible, (prefix) => module.name(prefix))
  const body = representationCode(context, { ...object, variables: loaded.variables }, 'text')
  const items = names.map((one) => `Array.isArray(${one})?${one}[i]:undefined`).join(',')
  module.add(`function ${name}(${names.join(',')}){
if(${names.map((one) => `${one}===undefined`).join('&&')})return undefined;
if(${names.map((one) => `${one}==null`).join('&&')})return "null";
const list=${firstOf(names)};
if(Array.isArray(list)){let items="[";for(let i=0;i<list.length;i++){const item=${name}(${items});if(item===undefined)return undefined;items+=i===0?item:","+item}return items+"]"}
let text;${loaded.code}${body}return text}`)
  return name
}

function conditionsOf(selections: readonly RequiredSelection[]): readonly string[] {
  return selections.flatMap((selection) => (selection.kind === 'type' ? [selection.name, ...conditionsOf(selection.selections)] : []))
}

function collectMembers(types: TypeIndex, selections: readonly RequiredSelection[], type: string | undefined, members: Map<string, Member>): void {
  for (const selection of selections) {
    if (selection.kind === 'type') {
      if (type !== undefined && type !== '' && types.satisfies(type, selection.name)) collectMembers(types, selection.selections, type, members)
      continue
    }
    const known = members.get(selection.as)
    const selected = known?.kind === 'value' ? [...known.selections ?? [], ...selection.selections ?? []] : selection.selections
    members.set(selection.as, { kind: 'value', key: selection.key, name: selection.name, selections: selection.selections === undefined ? undefined : selected, rewrites: [] })
  }
}

function applyRewrites(types: TypeIndex, rewrites: readonly Rewrite[], type: string | undefined, members: Map<string, Member>): void {
  for (const rewrite of rewrites) {
    let path = rewrite.path
    let applies = true
    for (let first = path[0]; first?.kind === 'type'; first = path[0]) {
      const { names } = first
      if (type !== undefined && type !== '' && !names.some((name) => types.satisfies(type, name))) applies = false
      path = path.slice(1)
    }
    const [field, ...rest] = path
    if (!applies || field?.kind !== 'field') continue
    const member = members.get(field.name)
    if (rest.length > 0) {
      if (member?.kind === 'value') members.set(field.name, { ...member, rewrites: [...member.rewrites, { ...rewrite, path: rest }] })
    } else if (rewrite.kind === 'set') {
      members.set(field.name, { kind: 'constant', text: JSON.stringify(rewrite.value) })
    } else if (member !== undefined) {
      members.delete(field.name)
      members.set(rewrite.to, member)
    }
  }
}
