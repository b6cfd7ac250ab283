const ERRORS = { default: { description: 'An error with a stable code.', content: { 'application/json': { schema: { $ref: '#/components/schemas/Errors' } } } } }

interface Operation {
  readonly summary: string
  readonly required?: readonly string[]
  readonly properties: Readonly<Record<string, object>>
  readonly answer: object
}

const text = (description: string): object => ({ type: 'string', description })
const count = (description: string): object => ({ type: 'integer', minimum: 0, description })
const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` })

function json(schema: object): object {
  return { 'application/json': { schema } }
}

function post({ summary, required = [], properties, answer }: Operation): object {
  return { post: { summary, requestBody: { required: true, content: json({ type: 'object', required, properties }) }, responses: { 200: { description: 'Done, or why not.', content: json(answer) }, ...ERRORS } } }
}

function get({ summary, required = [], properties, answer }: Operation): object {
  const parameters = Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }))
  return { get: { summary, parameters, responses: { 200: { description: 'Found.', content: json(answer) }, ...ERRORS } } }
}

const PERSONAL_FIELDS = { type: 'array', items: { type: 'string' }, description: 'Fields (`Type.field`) whose values look personal to who looked at the data; the values are not sent.' }

const REASON = { reason: text('Why; stands in the history.') }

/** OpenAPI 3.1 document of `/registry`; served at `/registry/openapi.json`, held against the routes by a test. */
export const REGISTRY_OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Polyseme registry', version: '1', description: 'What `polyseme check`, `publish`, `rollback` … do. The caller needs a token; the mesh\'s policies decide about read, publish and approve.' },
  security: [{ bearer: [] }],
  paths: {
    '/registry/check': post({ summary: 'Say what a publish would do, without doing it.', required: ['artifact'], properties: { artifact: ref('Artifact'), usageDays: count('How far back usage counts; default 30.'), personalFields: PERSONAL_FIELDS }, answer: ref('Report') }),
    '/registry/publish': post({ summary: 'Check, and publish when nothing stands against it.', required: ['artifact', 'message'], properties: { artifact: ref('Artifact'), basedOn: count('Version that the check was made on; absent or 0: there was none.'), message: text('What changes for whom.'), canaryPercent: { type: 'integer', minimum: 1, maximum: 99, description: 'Only this share of requests, until promoted.' }, personalFields: PERSONAL_FIELDS }, answer: ref('Outcome') }),
    '/registry/approve': post({ summary: 'Accept what a check says needs approval, for exactly this content.', required: ['subgraph', 'hash', 'reason'], properties: { subgraph: text('Domain.'), hash: text('As the check printed it.'), ...REASON }, answer: ref('Outcome') }),
    '/registry/rollback': post({ summary: 'Make an earlier graph live again.', required: ['reason'], properties: { subgraph: text('Only this domain; absent: the whole graph.'), toSequence: count('Step to go back to; absent: the one before.'), ...REASON }, answer: ref('Outcome') }),
    '/registry/retire': post({ summary: 'Take a domain out of the graph.', required: ['subgraph', 'reason'], properties: { subgraph: text('Domain.'), ...REASON }, answer: ref('Outcome') }),
    '/registry/promote': post({ summary: 'Give the running canary to everybody.', required: ['reason'], properties: REASON, answer: ref('Outcome') }),
    '/registry/end-canary': post({ summary: 'End the running canary.', required: ['reason'], properties: REASON, answer: ref('Outcome') }),
    '/registry/history': get({ summary: 'Steps of the graph, newest first.', properties: { subgraph: text('Only of this domain.'), before: count('Steps before this one.'), limit: count('At most 500; default 50.') }, answer: { type: 'array', items: ref('Deployment') } }),
    '/registry/notices': get({ summary: 'What consumers are told of steps that break what they use or mark it as going away, newest first; your own without a domain.', properties: { subgraph: text('What the steps of this domain told anybody; for those who may publish or approve there.'), limit: count('At most 500; default 50.') }, answer: { type: 'array', items: ref('Notice') } }),
    '/registry/subgraph': get({ summary: 'A published state of a domain.', required: ['subgraph'], properties: { subgraph: text('Domain.'), version: count('Absent: the newest.') }, answer: ref('Artifact') }),
    '/registry/supergraph': get({ summary: 'The composed graph at a step.', properties: { sequence: count('Absent: the live one.') }, answer: { type: 'object', properties: { deployment: ref('Deployment'), sdl: text('Supergraph SDL.') } } }),
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: {
      File: { type: 'object', required: ['path', 'text'], properties: { path: text('Relative to the domain\'s folder.'), text: text('Content.') } },
      Artifact: { type: 'object', required: ['subgraph', 'sdl', 'url', 'naming'], properties: { subgraph: text('Domain.'), sdl: text('Subgraph SDL, Federation 2.'), url: text('Where it answers.'), naming: { enum: ['contract', 'verbatim', 'qualified'] }, contracts: { type: 'array', items: ref('File') }, policies: { type: 'array', items: ref('File') } } },
      Report: { type: 'object', properties: { subgraph: text('Domain.'), basedOn: count('Newest version.'), hash: text('Names this content in an approval.'), awaiting: { type: 'array', items: { type: 'string' }, description: 'Domains whose approval is missing.' }, verdict: { enum: ['pass', 'needs-approval', 'breaks-consumers', 'fail'] }, findings: { type: 'array', items: { type: 'object' } }, changes: { type: 'array', items: { type: 'object' } }, affected: { type: 'array', items: { type: 'object' } }, deprecatedUses: { type: 'array', items: { type: 'object' } } } },
      Notice: { type: 'object', properties: { sequence: count('Step.'), consumer: text('Who uses it.'), channel: { enum: ['live', 'canary'] }, kind: text('What was done.'), subgraph: text('Domain.'), actor: text('Who did it.'), at: text('When, ISO 8601.'), reason: text('Why.'), operations: { type: 'array', items: { type: 'object' } } } },
      Deployment: { type: 'object', properties: { sequence: count('Step.'), channel: { enum: ['live', 'canary'] }, kind: text('What was done.'), subgraph: text('Domain.'), supergraphId: text('SHA-256 of the SDL.'), members: { type: 'object', additionalProperties: { type: 'integer' } }, contents: { type: 'object', additionalProperties: text('SHA-256 of what the member is.') }, percent: count('Share of a canary.'), actor: text('Who.'), at: text('When, ISO 8601.'), reason: text('Why.'), signature: text('Ed25519, base64url.') } },
      Outcome: { type: 'object', required: ['kind'], properties: { kind: { enum: ['deployed', 'unchanged', 'refused', 'approved'] }, deployment: ref('Deployment'), report: ref('Report'), diagnostics: { type: 'array', items: { type: 'object' } } } },
      Errors: { type: 'object', properties: { errors: { type: 'array', items: { type: 'object', properties: { message: text('What is wrong.'), extensions: { type: 'object', properties: { code: text('docs/errors.md') } } } } } } },
    },
  },
}
