import { GatewayError } from '@polyseme/kit/errors'
import { getNamedType, getNullableType, isLeafType, isListType, isObjectType, Kind, OperationTypeNode, print } from 'graphql'
import type { ArgumentNode, FieldNode, GraphQLField, GraphQLObjectType, GraphQLOutputType, GraphQLSchema, OperationDefinitionNode, SelectionNode, VariableDefinitionNode } from 'graphql'
import type { ParsedOperation } from '../../operation/index.ts'

/** A query of one list of rows, made ready to be asked page by page. */
export interface ExportDocument {
  /** The client's query, with the variables of a page and what tells the next one. */
  readonly text: string
  /** Names of the variables that take the size of a page and the cursor before it. */
  readonly variables: { readonly rows: string; readonly cursor: string }
  /** Response keys from `data` to the connection. */
  readonly path: readonly string[]
  /** Response key of the rows. */
  readonly rowsKey: string
  /** What is selected of a row, and the row's type. */
  readonly row: { readonly type: GraphQLOutputType; readonly field: FieldNode }
  /** Name of the list, for a file: `customers`. */
  readonly name: string
}

/** Response key, beside that of the rows, under which a page says what follows. */
export const PAGE_KEY = 'polyseme_page'
const PAGING_ARGUMENTS = ['first', 'after', 'last', 'before']

/**
 * Finds the one connection that a query selects and makes of the query one that asks for a page of it.
 *
 * @throws BAD_USER_INPUT it is no query of exactly one list that has pages
 */
export function buildExportDocument({ operation, document }: Pick<ParsedOperation, 'operation' | 'document'>, schema: GraphQLSchema): ExportDocument {
  const root = schema.getQueryType()
  if (operation.operation !== OperationTypeNode.QUERY || root === undefined || root === null) throw refused('an export is a query')
  const variables = pageVariables(operation)
  const found = descend({ parent: root, selections: operation.selectionSet.selections, path: [], variables })
  const changed: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: [...(operation.variableDefinitions ?? []), variableDefinition(variables.rows, 'Int'), variableDefinition(variables.cursor, 'String')],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [found.selection] },
  }
  const { path, rowsKey, row, name } = found
  return { text: document.definitions.map((definition) => print(definition === operation ? changed : definition)).join('\n'), variables, path, rowsKey, row, name }
}

interface Level {
  readonly parent: GraphQLObjectType
  readonly selections: readonly SelectionNode[]
  readonly path: readonly string[]
  readonly variables: ExportDocument['variables']
}

type Found = Pick<ExportDocument, 'path' | 'rowsKey' | 'row' | 'name'> & { /** The field with the page's arguments and `pageInfo` in it. */ readonly selection: FieldNode }

function descend({ parent, selections, path, variables }: Level): Found {
  const [only, ...others] = selections
  if (only === undefined || others.length > 0) throw refused(`it selects ${selections.length} things${path.length === 0 ? '' : ` in ${path.join('.')}`}`)
  if (only.kind !== Kind.FIELD || (only.directives ?? []).length > 0) throw refused('the way to the list is written without fragments and directives')
  const field = parent.getFields()[only.name.value]
  const type = field === undefined ? undefined : getNullableType(field.type)
  if (field === undefined || !isObjectType(type) || only.selectionSet === undefined) throw refused(`${only.name.value} has no pages`)
  const here = [...path, only.alias?.value ?? only.name.value]
  if (isConnection(field, type)) return pageOf(only, type, here, variables)
  const below = descend({ parent: type, selections: only.selectionSet.selections, path: here, variables })
  return { ...below, selection: { ...only, selectionSet: { kind: Kind.SELECTION_SET, selections: [below.selection] } } }
}

function isConnection(field: GraphQLField<unknown, unknown>, type: GraphQLObjectType): boolean {
  const fields = type.getFields()
  const info = fields['pageInfo'] === undefined ? undefined : getNamedType(fields['pageInfo'].type)
  return ['first', 'after'].every((name) => field.args.some((argument) => argument.name === name))
    && isListType(getNullableType(fields['nodes']?.type))
    && isObjectType(info) && ['hasNextPage', 'endCursor'].every((name) => isLeafType(getNamedType(info.getFields()[name]?.type)))
}

function pageOf(field: FieldNode, type: GraphQLObjectType, path: readonly string[], variables: ExportDocument['variables']): Found {
  const paging = (field.arguments ?? []).find(({ name }) => PAGING_ARGUMENTS.includes(name.value))
  if (paging !== undefined) throw refused(`\`${paging.name.value}\` is not given: an export pages by itself; \`maxRows\` beside the query bounds it`)
  const [rows, ...others] = field.selectionSet?.selections ?? []
  if (rows?.kind !== Kind.FIELD || others.length > 0 || rows.name.value !== 'nodes' || (rows.directives ?? []).length > 0) throw refused(`of ${field.name.value} it selects \`nodes { … }\` and nothing beside`)
  const list = getNullableType(type.getFields()['nodes']?.type)
  if (!isListType(list)) throw new TypeError('a connection without a list')
  const pageInfo: FieldNode = { ...named('pageInfo', ['hasNextPage', 'endCursor']), alias: { kind: Kind.NAME, value: PAGE_KEY } }
  return {
    path,
    rowsKey: rows.alias?.value ?? 'nodes',
    row: { type: list.ofType as GraphQLOutputType, field: rows },
    name: field.name.value,
    selection: {
      ...field,
      arguments: [...(field.arguments ?? []), argument('first', variables.rows), argument('after', variables.cursor)],
      selectionSet: { kind: Kind.SELECTION_SET, selections: [rows, pageInfo] },
    },
  }
}

/** Names that the client's own variables do not have. */
function pageVariables({ variableDefinitions = [] }: OperationDefinitionNode): ExportDocument['variables'] {
  const taken = new Set(variableDefinitions.map(({ variable }) => variable.name.value))
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name)
  return { rows: free('pageRows'), cursor: free('pageAfter') }
}

function named(name: string, below: readonly string[]): FieldNode {
  const selections = below.map((one) => named(one, []))
  return { kind: Kind.FIELD, name: { kind: Kind.NAME, value: name }, ...(selections.length === 0 ? {} : { selectionSet: { kind: Kind.SELECTION_SET, selections } }) }
}

function argument(name: string, variable: string): ArgumentNode {
  return { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } } }
}

function variableDefinition(name: string, type: string): VariableDefinitionNode {
  return { kind: Kind.VARIABLE_DEFINITION, variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } }, type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } } }
}

function refused(why: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `an export selects the rows of one list, as in \`{ sales { customers { nodes { name } } } }\`: ${why}`)
}
