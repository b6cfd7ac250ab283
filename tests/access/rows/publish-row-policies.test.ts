import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatDiagnostic } from '@polyseme/kit/errors'
import type { SubgraphArtifact } from '../../../gateway/registry/index.ts'
import { findPolicyFaults } from '../../../gateway/wiring/find-policy-faults.ts'

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: media-people
name: people
version: 1.0.0
status: active
domain: media
schema:
  - name: Person
    properties:
      - { name: id, logicalType: string, primaryKey: true, required: true }
      - { name: region, logicalType: string }
`
const ROWS = '@rows("region in claim.regions") forbid (principal, action == Action::"readAllRows", resource == Object::"MediaPerson");'

const artifact = (naming: SubgraphArtifact['naming'], policies: readonly string[]): SubgraphArtifact => ({
  subgraph: 'media', url: 'http://media.internal/graphql', sdl: 'type Query { people: [Person] } type Person { id: ID! region: String }', naming,
  contracts: [{ path: 'people.odcs.yaml', text: CONTRACT }], policies: policies.map((text, at) => ({ path: `${at}.cedar`, text })),
})

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'polyseme-publish-rows-'))
})
afterAll(async () => await rm(dir, { recursive: true, force: true }))

const faults = async (...parts: Parameters<typeof artifact>): Promise<readonly string[]> => (await findPolicyFaults(artifact(...parts), [], dir)).map(formatDiagnostic)

describe('publishing a policy with a row filter', () => {
  it('about a domain that is built from its contract is right', async () => {
    expect(await faults('contract', [ROWS])).toEqual([])
  })

  it('about an adopted subgraph is refused, and says why and what to do', async () => {
    expect(await faults('qualified', [ROWS])).toEqual([expect.stringMatching(/^0\.cedar:1:1 error policy-rows-foreign: a row filter is about MediaPerson, which a foreign subgraph serves[^]*no row filter of the mesh[^]*serve the data from a contract/)])
  })

  it('adopting a subgraph that comes under a row filter of the mesh is refused too', async () => {
    await writeFile(join(dir, 'rows.cedar'), ROWS)
    expect(await faults('qualified', [])).toEqual([expect.stringContaining('policy-rows-foreign')])
    expect(await faults('contract', [])).toEqual([])
  })
})
