import type { Diagnostic } from '@polyseme/kit/errors'
import type { GraphQLError } from 'graphql'

/** What to do about a composition error, by its code; where the message itself says it, there is no entry. */
const HOW: Readonly<Record<string, string>> = {
  INVALID_GRAPHQL: 'Correct the GraphQL text of the domain that the message names.',
  INVALID_FIELD_SHARING: 'Let one domain serve the field, or mark it @shareable in every domain that serves it.',
  EXTERNAL_MISSING_ON_BASE: 'Declare the field in the domain that owns it, or take it out here.',
  EXTERNAL_UNUSED: 'Take the @external field out, or use it in @key, @requires or @provides.',
  FIELD_TYPE_MISMATCH: 'Give the field the same type in every domain.',
  FIELD_ARGUMENT_TYPE_MISMATCH: 'Give the argument the same type in every domain.',
  TYPE_KIND_MISMATCH: 'Use the same kind (object, interface, enum, …) for the type in every domain, or rename it in one.',
  ENUM_VALUE_MISMATCH: 'Give the enum the same values in every domain, or rename it in one.',
  SATISFIABILITY_ERROR: 'Add a @key to the type so that the gateway can get from one domain to the other, or @shareable where both can answer.',
  KEY_INVALID_FIELDS: 'Name fields in @key that the type has in this domain.',
  REQUIRES_INVALID_FIELDS: 'Name fields in @requires that the type has, marked @external.',
  PROVIDES_INVALID_FIELDS: 'Name fields in @provides that the returned type has, marked @external.',
  AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE: 'Put the directive on each implementing type or field: an interface\'s own requirement could be passed by through a fragment on an implementation.',
  MISSING_TRANSITIVE_AUTH_REQUIREMENTS: 'Put at least the requirements of the fields that it reads on the field itself.',
  OVERRIDE_FROM_SELF_ERROR: 'Name another domain in @override.',
  NO_QUERIES: 'Let at least one domain declare a field of Query.',
  REQUIRED_INACCESSIBLE: 'Take @inaccessible off, or make what refers to it @inaccessible too.',
}

/** A composition error as a finding: its domain, what is wrong, what to do. */
export function compositionDiagnostic(error: GraphQLError): Diagnostic {
  const code = typeof error.extensions['code'] === 'string' ? error.extensions['code'] : 'COMPOSITION_ERROR'
  const how = HOW[code]
  const position = positionOf(error)
  return {
    rule: `composition-${code.toLowerCase().replaceAll('_', '-')}`,
    severity: 'error',
    what: error.message.replace(/^\[([^\]]+)\]/, 'Domain "$1":').replaceAll(/\bsubgraph(s?)\b/g, 'domain$1'),
    ...(how === undefined ? {} : { how }),
    ...(position === undefined ? {} : { position }),
  }
}

function positionOf(error: GraphQLError): Diagnostic['position'] {
  const node = error.nodes?.find(({ loc }) => loc !== undefined)
  // The composer marks a node with the subgraph that it comes from.
  if (node?.loc === undefined || !('subgraph' in node) || typeof node.subgraph !== 'string') return undefined
  const { line, column } = node.loc.startToken
  return { file: `${node.subgraph}.graphql`, line, column }
}
