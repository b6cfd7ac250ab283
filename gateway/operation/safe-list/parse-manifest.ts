import { invalid, ok, type Diagnostic, type Result } from '@polyseme/kit/errors'
import { Kind, parse } from 'graphql'

/** An operation that a client was built with. */
export interface RegisteredOperation {
  /** How the client names it; absent: by the hash of its text. */
  readonly id?: string
  readonly text: string
}

export interface ManifestFile {
  /** Named in findings. */
  readonly file: string
  readonly text: string
}

const APOLLO_FORMAT = 'apollo-persisted-query-manifest'

/**
 * The operations of one file: a manifest of Apollo's tools (`apollo-persisted-query-manifest`, version 1), one of Relay's
 * compiler (`{ "id": "text" }`), or a document as a client sends it (`.graphql`, `.gql`).
 */
export function parseManifest({ file, text }: ManifestFile): Result<readonly RegisteredOperation[]> {
  if (!file.endsWith('.json')) return text.trim() === '' ? invalid([finding(file, 'there is no operation in it')]) : withoutBroken(file, [{ text: text.trim() }])
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return invalid([finding(file, 'it is not JSON')])
  }
  if (!isObject(json)) return invalid([finding(file, 'it is no manifest')])
  return json['format'] === undefined && !Array.isArray(json['operations']) ? parseRelay(file, json) : parseApollo(file, json)
}

function parseApollo(file: string, { format, version, operations }: Readonly<Record<string, unknown>>): Result<readonly RegisteredOperation[]> {
  if (format !== APOLLO_FORMAT) return invalid([finding(file, 'its `format` is not known')])
  if (version !== 1) return invalid([finding(file, 'its `version` is not 1')])
  if (!Array.isArray(operations)) return invalid([finding(file, '`operations` is not a list')])
  const found: RegisteredOperation[] = []
  const diagnostics: Diagnostic[] = []
  for (const [index, operation] of operations.entries()) {
    const { id, body } = isObject(operation) ? operation : {}
    if (typeof id === 'string' && id !== '' && typeof body === 'string' && body.trim() !== '') found.push({ id, text: body })
    else diagnostics.push(finding(file, `\`operations[${index}]\` has no \`id\` or no \`body\``))
  }
  return diagnostics.length > 0 ? invalid(diagnostics) : withoutBroken(file, found)
}

function parseRelay(file: string, json: Readonly<Record<string, unknown>>): Result<readonly RegisteredOperation[]> {
  const wrong = Object.entries(json).filter(([id, text]) => id === '' || typeof text !== 'string' || text.trim() === '')
  if (wrong.length > 0) return invalid(wrong.map(([id]) => finding(file, `\`${id}\` is no text of an operation`)))
  return withoutBroken(file, Object.entries(json).map(([id, text]) => ({ id, text: String(text) })))
}

/** No client was built with what is no operation: the file is cut off, or another one. */
function withoutBroken(file: string, operations: readonly RegisteredOperation[]): Result<readonly RegisteredOperation[]> {
  const diagnostics = operations.flatMap(({ id, text }) => {
    const reason = whyBroken(text)
    return reason === undefined ? [] : [finding(file, `${id ?? 'its document'} is no GraphQL: ${reason}`)]
  })
  return diagnostics.length > 0 ? invalid(diagnostics) : ok(operations)
}

function whyBroken(text: string): string | undefined {
  try {
    const { definitions } = parse(text, { noLocation: true })
    return definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION) ? undefined : 'there is no operation in it'
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be parsed'
  }
}

function finding(file: string, what: string): Diagnostic {
  return {
    rule: 'operations-manifest', severity: 'error', what: `${file}: ${what}`,
    expected: `a manifest with \`"format": "${APOLLO_FORMAT}", "version": 1\`, Relay's \`{ "id": "text" }\`, or a document in a .graphql file`,
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
