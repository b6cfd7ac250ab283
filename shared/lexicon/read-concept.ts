import type { Concept, Person, Sense, SenseField, SenseName, SurvivorshipField } from './concept.ts'
import type { ObjectReader } from './document-reader.ts'

/** Reads a `kind: Concept` document; undefined when something essential is missing (reported). */
export function readConcept(reader: ObjectReader): Concept | undefined {
  const id = readId(reader)
  const name = readName(reader)
  const type = reader.word('type', ['entity', 'metric', 'attribute'], 'entity')
  const definition = reader.text('definition', 'required')
  const notToBeConfusedWith = reader.objects('notToBeConfusedWith').flatMap((item) => {
    const concept = item.text('concept', 'required')
    const because = item.text('because', 'required')
    item.finish()
    return concept === undefined || because === undefined ? [] : [{ concept, because }]
  })
  const steward = readPerson(reader, 'steward')
  const workingGroup = readWorkingGroup(reader)
  const status = reader.word('status', ['proposed', 'approved', 'deprecated'], 'approved')
  const history = reader.objects('history').flatMap((item) => {
    const date = item.moment('date', 'required')
    const by = item.text('by', 'required')
    const change = item.text('change', 'required')
    item.finish()
    return date === undefined || by === undefined || change === undefined ? [] : [{ date, by, change }]
  })
  const senses = reader.objects('senses').flatMap((item) => readSense(item, type ?? 'entity') ?? [])
  const fields = readFields(reader)
  const lists = {
    synonyms: reader.texts('synonyms'),
    examples: reader.texts('examples'),
    broader: reader.texts('broader'),
    related: reader.texts('related'),
  }
  reader.finish()
  if (id === undefined || name === undefined || type === undefined || definition === undefined || status === undefined) return undefined
  return {
    id,
    name,
    type,
    definition,
    status,
    ...lists,
    notToBeConfusedWith,
    history,
    senses,
    fields,
    ...(steward === undefined ? {} : { steward }),
    ...(workingGroup === undefined ? {} : { workingGroup }),
    position: reader.position,
  }
}

/** Reads the `id` of a document: kebab-case. */
export function readId(reader: ObjectReader): string | undefined {
  const id = reader.text('id', 'required')
  if (id === undefined || /^[a-z][a-z0-9]*(?:-{1,2}[a-z0-9]+)*$/u.test(id)) return id
  reader.report('lexicon-id-form', `\`id\` is \`${id}\``, 'lower-case words joined by hyphens: `active-user`')
  return undefined
}

/** Reads the `name` of a document: PascalCase, and not a name that GraphQL or federation keep. */
export function readName(reader: ObjectReader): string | undefined {
  const name = reader.text('name', 'required')
  if (name === undefined) return undefined
  if (!/^[A-Z][A-Za-z0-9]{0,99}$/u.test(name)) {
    reader.report('lexicon-name-form', `\`name\` is \`${name}\``, 'a type name in PascalCase: `ActiveUser`')
    return undefined
  }
  if (RESERVED_NAMES.has(name)) {
    reader.report('lexicon-name-reserved', `\`name\` is \`${name}\``, 'a word of the business', { why: 'The graph itself uses this name.' })
    return undefined
  }
  return name
}

const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'Query',
  'Mutation',
  'Subscription',
  'String',
  'Int',
  'Float',
  'Boolean',
  'ID',
  'Mapping',
  'MappingRule',
  'ConceptMember',
  'IdentityConflict',
  'Term',
  'TermConcept',
  'TermSense',
  'TermMapping',
  'TermReference',
  'TermConfusion',
  'TermChange',
  'TermVocabulary',
  'TermValue',
  'MappingPredicate',
  'MappingStatus',
  'DateTime',
  'Date',
  'JSON',
  'Decimal',
  'BigInt',
  'PageInfo',
  'Vocabulary',
  'VocabularyValue',
])

export function readPerson(reader: ObjectReader, key: string): Person | undefined {
  const inner = reader.object(key, 'optional')
  if (inner === undefined) return undefined
  const name = inner.text('name', 'required')
  const email = inner.text('email', 'optional')
  inner.finish()
  return name === undefined ? undefined : { name, ...(email === undefined ? {} : { email }) }
}

function readWorkingGroup(reader: ObjectReader): { name: string; until: string } | undefined {
  const inner = reader.object('workingGroup', 'optional')
  if (inner === undefined) return undefined
  const name = inner.text('name', 'required')
  const until = inner.moment('until', 'required')
  inner.finish()
  return name === undefined || until === undefined ? undefined : { name, until }
}

function readSense(reader: ObjectReader, type: Concept['type']): Sense | undefined {
  const written = reader.text('sense', 'required')
  const name = written === undefined ? undefined : parseSenseName(written)
  if (written !== undefined && name === undefined)
    reader.report('lexicon-sense-form', `\`sense\` is \`${written}\``, '`<domain>.<Object>`: `sales.Customer`')
  const definition = reader.text('definition', 'optional')
  if (definition === undefined && !reader.has('definition')) {
    reader.report(
      'lexicon-sense-undefined',
      `sense \`${written ?? '?'}\` has no definition`,
      'one sentence that says what the domain means',
      { why: 'A word without a definition is understood differently by everyone.', how: 'Add `definition:`.' },
    )
  }
  const key = reader.texts('key')
  const grain = reader.text('grain', type === 'entity' ? 'required' : 'optional')
  if (type === 'entity' && key.length === 0)
    reader.report('lexicon-missing-key', `sense \`${written ?? '?'}\` has no \`key\``, 'the field(s) by which links name a record')
  const measure = reader.text('measure', type === 'metric' ? 'required' : 'optional')
  const product = reader.text('product', 'optional')
  const fields = readSenseFields(reader, 'fields')
  if (type === 'entity' && fields.length > 0)
    reader.report(
      'lexicon-wrong-form',
      `sense \`${written ?? '?'}\` of an entity has \`fields\``,
      'fields on senses of metrics and attributes only',
    )
  const lists = { synonyms: reader.texts('synonyms'), examples: reader.texts('examples') }
  reader.finish()
  if (name === undefined || definition === undefined) return undefined
  const [domain = '', object = ''] = name.split('.')
  return {
    name,
    domain,
    object,
    definition,
    key,
    grain: grain ?? type,
    ...lists,
    fields,
    ...(measure === undefined ? {} : { measure }),
    ...(product === undefined ? {} : { product }),
    position: reader.position,
  }
}

function readFields(reader: ObjectReader): readonly SurvivorshipField[] {
  return reader.entries('fields').flatMap(({ name, value }) => {
    const type = value.word('type', ['String', 'Int', 'Float', 'Boolean', 'ID'], 'String')
    const description = value.text('description', 'optional')
    const from = readSenseFields(value, 'from')
    value.finish()
    if (!/^[a-z][A-Za-z0-9]*$/u.test(name)) value.report('lexicon-name-form', `field \`${name}\``, 'a field name in camelCase')
    if (from.length === 0)
      value.report(
        'lexicon-missing-key',
        `field \`${name}\` has no \`from\``,
        'the fields whose value it takes, the first present one wins',
      )
    return type === undefined ? [] : [{ name, type, from, ...(description === undefined ? {} : { description }), position: value.position }]
  })
}

/** Reads a list of `<domain>.<Object>.<field>`. */
export function readSenseFields(reader: ObjectReader, key: string): readonly SenseField[] {
  const diagnosticsFor = (text: string): void =>
    reader.report('lexicon-field-form', `\`${key}\` holds \`${text}\``, '`<domain>.<Object>.<field>`: `sales.Customer.name`')
  return reader.texts(key).flatMap((text) => {
    const at = text.lastIndexOf('.')
    const sense = at < 0 ? undefined : parseSenseName(text.slice(0, at))
    const field = text.slice(at + 1)
    if (sense !== undefined && /^[A-Za-z][A-Za-z0-9_]*$/u.test(field)) return [{ sense, field }]
    diagnosticsFor(text)
    return []
  })
}

/** The sense that a text names; undefined when it is not of the form `<domain>.<Object>`. */
export function parseSenseName(text: string): SenseName | undefined {
  return /^[a-z][a-z0-9-]*\.[A-Z][A-Za-z0-9]*$/u.test(text) ? (text as SenseName) : undefined
}
