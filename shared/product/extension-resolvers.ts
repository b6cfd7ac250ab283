import { GatewayError, invalid, ok, type Diagnostic, type Result } from '../errors/index.ts'
import { extensionContextOf, type ExtensionContext } from './extension-context.ts'
import type { DomainExtensions } from './extension-sdl.ts'
import type { QueryRun } from './query-run.ts'

/** Answers one field of a domain's own: the row with what the field needs, its arguments, the request. */
export type ExtensionResolver = (row: never, args: never, context: never) => unknown

/** Resolvers by type and field, as `extensions.ts` exports them. */
export type ExtensionResolvers = Readonly<Record<string, Readonly<Record<string, ExtensionResolver>>>>

/** What a domain adds to its graph, with the code that answers it; made only by `bindExtensions`. */
export interface BoundExtensions extends DomainExtensions {
  readonly resolvers: ExtensionResolvers
}

/**
 * Declares the resolvers of a domain's own fields; `All` is the interface that `polyseme contract types` makes, so that a
 * missing field, a wrong argument or a field that the schema does not name is a type error.
 *
 * @example
 * export const extensions = defineExtensions<SupportResolvers>({
 *   SupportTicket: { ageInDays: ({ openedAt }, { asOf }) => daysBetween(openedAt, asOf) },
 * })
 */
export function defineExtensions<All extends object>(resolvers: All): All {
  return resolvers
}

/** Joins what a domain adds with its code; each field has a resolver, and nothing else has one. */
export function bindExtensions(extensions: DomainExtensions, code: unknown, file: string): Result<BoundExtensions> {
  const findings: Diagnostic[] = []
  const report = (rule: string, what: string, how: string): void => void findings.push({ rule, severity: 'error', what, how, position: { file, line: 1, column: 1 } })
  const resolvers = readResolvers(code)
  const known = new Set(extensions.fields.map(({ coordinate }) => coordinate))
  for (const { coordinate, typeName, name } of extensions.fields) {
    if (resolvers.get(typeName)?.has(name) !== true) report('extension-resolver-missing', `\`${coordinate}\` has no resolver`, `export \`extensions\` with ${typeName}: { ${name}: (row, args, context) => … }`)
  }
  for (const [typeName, fields] of resolvers) {
    for (const name of fields.keys()) {
      if (!known.has(`${typeName}.${name}`)) report('extension-resolver-unknown', `\`${typeName}.${name}\` is not in extensions.graphql`, 'add it there with `extend type`, or remove the resolver')
    }
  }
  if (findings.length > 0) return invalid(findings)
  return ok({ ...extensions, resolvers: Object.fromEntries([...resolvers].map(([typeName, fields]) => [typeName, Object.fromEntries(fields)])) })
}

function readResolvers(code: unknown): ReadonlyMap<string, ReadonlyMap<string, ExtensionResolver>> {
  const types = Object.entries(typeof code === 'object' && code !== null ? code : {})
  return new Map(types.map(([typeName, fields]: [string, unknown]) => {
    const entries: [string, unknown][] = Object.entries(typeof fields === 'object' && fields !== null ? fields : {})
    return [typeName, new Map(entries.filter((entry): entry is [string, ExtensionResolver] => typeof entry[1] === 'function'))]
  }))
}

/** Fields of the row that a resolver needs beside those that were selected, by coordinate. */
export function requirementsOf(extensions: DomainExtensions | undefined): ReadonlyMap<string, readonly string[]> {
  return new Map((extensions?.fields ?? []).map(({ coordinate, needs }) => [coordinate, needs]))
}

type GraphqlResolver = (row: never, args: Record<string, unknown>, context: { readonly run: QueryRun }) => unknown

/** Adds a domain's own resolvers to those of its contracts. */
export function addExtensionResolvers(resolvers: Record<string, Record<string, unknown>>, { fields, resolvers: own }: BoundExtensions): void {
  for (const { typeName, name } of fields) {
    const resolve = own[typeName]?.[name] as ((row: unknown, args: unknown, context: ExtensionContext) => unknown) | undefined
    if (resolve === undefined) continue
    const resolver: GraphqlResolver = (row, args, { run }) => withDeadline(run, resolve(row, args, extensionContextOf(run)))
    ;(resolvers[typeName] ??= {})[name] = resolver
  }
}

// A promise that never settles must not keep the request.
function withDeadline(run: QueryRun, value: unknown): unknown {
  if (!(value instanceof Promise) || run.signal === undefined) return value
  const { signal } = run
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new GatewayError('DEADLINE_EXCEEDED', 'a field of the domain\'s own took too long'))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    void value.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
