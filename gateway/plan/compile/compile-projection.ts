import { getNamedType, getNullableType, isCompositeType, isEnumType, isLeafType, isListType, isNonNullType, isObjectType } from 'graphql'
import type { GraphQLCompositeType, GraphQLLeafType, GraphQLObjectType, GraphQLOutputType, GraphQLSchema } from 'graphql'
import type { Condition, ResponseShape } from '../../access/index.ts'
import { ALWAYS, collectFields, typeDependence, type CollectedField, type Guard, type GuardedShape } from './collect-fields.ts'
import { literalProperty, writeProperty, type CodeModule } from './generated-code.ts'
import type { PlanKeys } from './plan-keys.ts'
import type { Position } from './position.ts'
import type { Site } from './site.ts'
import { firstOf, loadSources, readersOf, typeNameOf, type Reader, type SourceVariable } from './sources-in-code.ts'
import type { TypeIndex } from './type-index.ts'

export interface ProjectionContext {
  readonly module: CodeModule
  readonly schema: GraphQLSchema
  readonly types: TypeIndex
  readonly keys: PlanKeys
  readonly sites: Site[]
  /** Guards that generated code asks for by index. */
  readonly guards: Guard[]
  /** Response keys that the client sees, by position; for the paths of errors. */
  readonly asked: Map<Position, Map<string, string>>
}

/** Names within one function; equal code for two types gets equal names, so that they can share it. */
export class Locals {
  #count = 0

  name(prefix: string): string {
    return `${prefix}${this.#count++}`
  }

  fork(): Locals {
    const fork = new Locals()
    fork.#count = this.#count
    return fork
  }
}

/** Where in the answer code is being made. */
export interface Place {
  readonly position: Position
  readonly shapes: readonly GuardedShape[]
  /** `null` for each list index. */
  readonly path: readonly (string | null)[]
  readonly locals: Locals
}

/**
 * Adds a function that makes the client's answer from those of the subgraphs, and returns its name. Every value is
 * checked against the API schema; a null in a non-null place makes its nearest nullable ancestor null.
 */
export function addProjection(context: ProjectionContext, root: { readonly position: Position; readonly type: GraphQLCompositeType; readonly shape: ResponseShape }): string {
  const { module } = context
  const compiler = new ProjectionCompiler(context)
  const object = compiler.objectFunction({ position: root.position, shapes: [{ shape: root.shape, when: [] }], path: [], locals: new Locals() }, root.type)
  const name = module.name('project')
  module.add(`let S,R,I,G,E,roots,state,rows;
function ${name}(given){S=given;R=given.results;I=given.indices;G=given.guards;E=given.entityErrors;roots=given.roots;rows=0;
try{return ${object}()}finally{given.rows=rows;S=R=I=G=E=roots=undefined}}`)
  return name
}

/** Makes the functions that check and complete what subgraphs answered. */
export class ProjectionCompiler {
  readonly #in: ProjectionContext
  readonly #functions = new Map<string, string>()
  readonly #ids = new Map<unknown, number>()
  readonly #sites = new Map<string, number>()
  readonly #enums = new Map<string, ReadonlySet<string>>()

  constructor(context: ProjectionContext) {
    this.#in = context
  }

  /** Name of the function that makes one object from the tuple of its sources. */
  objectFunction(place: Place, type: GraphQLCompositeType): string {
    const key = [place.position.id, type.name, ...place.shapes.map(({ shape, when }) => `${this.#id(shape)}${JSON.stringify(when)}`)].join()
    const known = this.#functions.get(key)
    if (known !== undefined) return known
    const name = this.#in.module.name('p')
    this.#functions.set(key, name)
    this.#addObject(name, place, type)
    return name
  }

  /** The same for some of the fields that are asked of an object type. */
  partFunction(place: Place, type: GraphQLObjectType, fields: readonly CollectedField[]): string {
    const name = this.#in.module.name('part')
    this.#addObject(name, place, type, fields)
    return name
  }

  /**
   * Name of a function that completes elements of a list which is in no other list: `(elements, index of the first, completed
   * ones)`; false when one of them may not be null and is. `place` is the list's.
   */
  elementsFunction(place: Place, type: GraphQLOutputType, coordinate: string, units: readonly number[]): string {
    const name = this.#in.module.name('elements')
    const element = this.#complete({ ...place, path: [...place.path, null], locals: new Locals() }, type, ['v'], { value: 'x', fail: 'return false;', coordinate, units })
    this.#in.module.add(`function ${name}(list,base,out){for(let i=0;i<list.length;i++){I[0]=base+i;const v=list[i];let x;${element}out.push(x)}return true}`)
    return name
  }

  #addObject(name: string, place: Place, type: GraphQLCompositeType, fields?: readonly CollectedField[]): void {
    const locals = new Locals()
    const site = this.#site(place, type.name, place.position.sources.map((source) => source.unit))
    const below = place.position.below.map((_source, index) => ({ source: index, name: `q${index}`, present: place.position.below.length === 1 }))
    const loaded = loadSources(place.position, below, () => true, (prefix) => locals.name(prefix))
    const checks = below.map(({ name: variable }) => (
      below.length === 1
        ? `if(typeof ${variable}!=="object"||Array.isArray(${variable}))return S.wrongShape(${site});`
        : `if(${variable}!=null&&(typeof ${variable}!=="object"||Array.isArray(${variable})))return S.wrongShape(${site});`
    )).join('')
    const errors = loaded.links.map(({ slot, variable }) => `if(E[${slot}]!==undefined&&${variable}!==undefined)S.reportEntity(${slot},${variable},${site});`).join('')
    const body = this.#body({ ...place, locals }, type, { variables: loaded.variables, site, fields })
    this.#in.module.add(`function ${name}(${below.map((variable) => variable.name).join(',')}){${checks}${loaded.code}${errors}${body}}`)
  }

  #body(place: Place, type: GraphQLCompositeType, { variables, site, fields }: { readonly variables: readonly SourceVariable[]; readonly site: number; readonly fields: readonly CollectedField[] | undefined }): string {
    const typeName = typeNameOf(place.position, variables)
    const declare = typeName === undefined ? '' : `const T=${typeName};`
    if (isObjectType(type)) {
      const check = typeName === undefined ? '' : `if(T!==${JSON.stringify(type.name)}&&T!==undefined)return S.wrongType(${site},T);`
      return `${declare}${check}${this.#fields(place, type, variables, { typeText: JSON.stringify(type.name), declared: type.name, fields })}`
    }
    const cases = new Map<string, string[]>()
    for (const possible of this.#in.schema.getPossibleTypes(type)) {
      const code = this.#fields({ ...place, locals: place.locals.fork() }, possible, variables, { typeText: 'T', declared: type.name })
      const same = cases.get(code)
      if (same === undefined) cases.set(code, [possible.name])
      else same.push(possible.name)
    }
    const switched = [...cases].map(([code, names]) => `${names.map((name) => `case ${JSON.stringify(name)}:`).join('')}{${code}}`).join('')
    const dependence = typeDependence(place.shapes)
    const unless = dependence.length === 0 ? '' : `&&!${this.#guard(dependence)}`
    const unknown = dependence === ALWAYS
      ? ''
      : `if((T===undefined||T===${JSON.stringify(type.name)})${unless}){${this.#fields({ ...place, locals: place.locals.fork() }, type, variables, { typeText: 'T', declared: type.name })}}`
    return `${declare === '' ? 'const T=undefined;' : declare}switch(T){${switched}default:{${unknown}return S.wrongType(${site},T)}}`
  }

  /** Statements that return the object. */
  #fields(place: Place, type: GraphQLCompositeType, variables: readonly SourceVariable[], named: { readonly typeText: string; readonly declared: string; readonly fields?: readonly CollectedField[] | undefined }): string {
    const { locals } = place
    const fixed: string[] = []
    let code = ''
    let later = ''
    const result = locals.name('d')
    for (const collected of named.fields ?? collectFields(place.shapes, isObjectType(type) ? type.name : undefined)) {
      const value = locals.name('f')
      const compute = this.#field(place, type, { collected, variables, ...named, value })
      const always = collected.asked === ALWAYS && collected.unless.length === 0
      if (always && later === '') {
        code += compute
        fixed.push(literalProperty(collected.key, value))
        continue
      }
      // From the first field on whose presence depends on variables, fields are added one by one to keep the order.
      const write = `${compute}${writeProperty(result, collected.key, value)}`
      const unless = collected.unless.length === 0 ? '' : `&&!${this.#guard(collected.unless)}`
      later += always ? `{${write}}` : `if(${this.#guard(collected.asked)}${unless}){${write}}`
    }
    return later === '' ? `${code}return{${fixed.join(',')}};` : `${code}const ${result}={${fixed.join(',')}};${later}return ${result};`
  }

  /** Statements that declare a variable with the completed value of a field, or return null from the object. */
  #field(place: Place, type: GraphQLCompositeType, at: { readonly collected: CollectedField; readonly variables: readonly SourceVariable[]; readonly typeText: string; readonly declared: string; readonly value: string }): string {
    const { collected, value } = at
    const { field, key } = collected
    if (field.name === '__typename') return `const ${value}=${at.typeText};`
    if (field.name.startsWith('__')) return `const ${value}=S.introspection(${JSON.stringify(key)});`
    const fieldType = ('getFields' in type ? type.getFields()[field.name]?.type : undefined) ?? field.type
    const denied = isNonNullType(fieldType) ? 'return null;' : ''
    if (collected.allowed.length === 0) return `const ${value}=null;${denied}`
    const path = [...place.path, key]
    const computed = this.#allowedField(place, { ...at, fieldType, path, typeName: isObjectType(type) ? type.name : undefined, coordinate: `${at.declared}.${field.name}` })
    if (collected.allowed === ALWAYS || (collected.unless.length === 0 && sameGuard(collected.allowed, collected.asked))) return `let ${value};${computed}`
    return `let ${value}=null;if(${this.#guard(collected.allowed)}){${computed}}${denied === '' ? '' : `else{${denied}}`}`
  }

  #allowedField(place: Place, at: { readonly collected: CollectedField; readonly variables: readonly SourceVariable[]; readonly value: string; readonly fieldType: GraphQLOutputType; readonly path: readonly (string | null)[]; readonly typeName: string | undefined; readonly coordinate: string }): string {
    const { locals } = place
    const { collected: { field, key, selections }, value, fieldType, path } = at
    const planKey = this.#in.keys.keyOf(field)
    this.#ask(place.position, planKey, key)
    const readers = readersOf(place.position, at.variables, planKey, at.typeName, field.name)
    const target: Target = { value, fail: 'return null;', coordinate: at.coordinate, units: [...new Set(readers.map((reader) => reader.unit))] }
    if (isLeafType(getNamedType(fieldType))) {
      const raw = locals.name('v')
      return `const ${raw}=${firstOf(readers.map((reader) => reader.text))};${this.#complete({ ...place, shapes: [], path }, fieldType, [raw], target)}`
    }
    const child = place.position.child(planKey)
    const names = child.below.map(() => locals.name('v'))
    const loads = child.below.map((source, index) => `const ${names[index] ?? ''}=${readOf(readers, source.parent)};`).join('')
    return `${loads}${this.#complete({ position: child, shapes: selections, path, locals }, fieldType, names, target)}`
  }

  /** Statements that assign the completed value, or run `fail`. */
  #complete(place: Place, type: GraphQLOutputType, raw: readonly string[], target: Target): string {
    const { value, fail } = target
    const absent = raw.length === 0 ? 'true' : raw.map((name) => `${name}==null`).join('&&')
    if (isNonNullType(type)) {
      const inner = this.#present(place, type.ofType, raw, target)
      const site = this.#site(place, target.coordinate, target.units)
      return `if(${absent}){S.missing(${site});${fail}}${inner}if(${value}===null){${fail}}`
    }
    return `if(${absent})${value}=null;else{${this.#present(place, type, raw, target)}}`
  }

  #present(place: Place, type: GraphQLOutputType, raw: readonly string[], target: Target): string {
    if (raw.length === 0) return `${target.value}=null;`
    if (isListType(type)) return this.#list(place, type.ofType, raw, target)
    if (isLeafType(type)) return `${target.value}=${this.#leaf(type, raw[0] ?? 'undefined', this.#site(place, target.coordinate, target.units))};`
    if (isNonNullType(type)) throw new TypeError('non-null within non-null')
    return `${target.value}=${this.objectFunction(place, type)}(${raw.join(',')});`
  }

  #list(place: Place, type: GraphQLOutputType, raw: readonly string[], target: Target): string {
    const { locals } = place
    const [list, array, index, item, label] = ['a', 'b', 'i', 'x', 'L'].map((prefix) => locals.name(prefix)) as [string, string, string, string, string]
    const depth = place.path.filter((step) => step === null).length
    const site = this.#site(place, target.coordinate, target.units)
    const items = raw.map(() => locals.name('v'))
    const loads = items.map((name, at) => `const ${name}=${raw.length === 1 ? `${list}[${index}]` : `(Array.isArray(${raw[at] ?? ''})?${raw[at] ?? ''}[${index}]:undefined)`};`).join('')
    const element = this.#complete({ ...place, path: [...place.path, null] }, type, items, { ...target, value: item, fail: `${target.value}=null;break ${label};` })
    const row = isCompositeType(getNullableType(type)) ? `if(${item}!==null)rows++;` : ''
    return `const ${list}=${firstOf(raw)};if(!Array.isArray(${list}))${target.value}=S.wrongShape(${site});else{
const ${array}=${target.value}=new Array(${list}.length);
${label}:for(let ${index}=0;${index}<${list}.length;${index}++){I[${depth}]=${index};${loads}let ${item};${element}${row}${array}[${index}]=${item}}}`
  }

  #leaf(type: GraphQLLeafType, raw: string, site: number): string {
    const otherwise = (kind: string): string => `S.leaf(${raw},${JSON.stringify(kind)},${site})`
    if (isEnumType(type)) {
      return `${this.#in.module.constant(this.#enumValues(type.name))}.has(${raw})?${raw}:${otherwise('enum')}`
    }
    switch (type.name) {
      case 'String':
        return `typeof ${raw}==="string"?${raw}:${otherwise('String')}`
      case 'ID':
        return `typeof ${raw}==="string"?${raw}:${otherwise('ID')}`
      case 'Boolean':
        return `typeof ${raw}==="boolean"?${raw}:${otherwise('Boolean')}`
      case 'Int':
        return `(${raw}|0)===${raw}?${raw}:${otherwise('Int')}`
      case 'Float':
        return `Number.isFinite(${raw})?${raw}:${otherwise('Float')}`
      default:
        return `typeof ${raw}!=="object"?${raw}:${otherwise('scalar')}`
    }
  }

  #enumValues(name: string): ReadonlySet<string> {
    const type = this.#in.schema.getType(name)
    let values = this.#enums.get(name)
    if (values === undefined) {
      values = new Set(isEnumType(type) ? type.getValues().map((value) => value.name) : [])
      this.#enums.set(name, values)
    }
    return values
  }

  #ask(position: Position, planKey: string, key: string): void {
    const keys = this.#in.asked.get(position) ?? new Map<string, string>()
    this.#in.asked.set(position, keys.set(planKey, key))
  }

  #guard(guard: Guard): string {
    const text = JSON.stringify(guard)
    const known = this.#in.guards.findIndex((other) => JSON.stringify(other) === text)
    return `G[${known === -1 ? this.#in.guards.push(guard) - 1 : known}]`
  }

  #site({ path, position }: Place, coordinate: string, units: readonly number[]): number {
    const text = JSON.stringify([path, position.id, coordinate, units])
    let site = this.#sites.get(text)
    if (site === undefined) {
      site = this.#in.sites.push({ path, position, coordinate, units }) - 1
      this.#sites.set(text, site)
    }
    return site
  }

  #id(value: unknown): number {
    let id = this.#ids.get(value)
    if (id === undefined) {
      id = this.#ids.size
      this.#ids.set(value, id)
    }
    return id
  }
}

interface Target {
  /** Variable that takes the value. */
  readonly value: string
  /** Statements for a null where none may be. */
  readonly fail: string
  readonly coordinate: string
  readonly units: readonly number[]
}

function readOf(readers: readonly Reader[], source: number): string {
  return readers.find((reader) => reader.variable.source === source)?.text ?? 'undefined'
}

function sameGuard(left: Guard, right: Guard): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

/** Whether any of a guard's alternatives holds. */
export function guardHolds(guard: Guard, variables: Readonly<Record<string, unknown>>): boolean {
  return guard.some((when: readonly Condition[]) => when.every(({ variable, value }) => (variables[variable] === true) === value))
}
