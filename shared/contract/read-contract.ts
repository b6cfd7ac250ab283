import type { OdcsContract, OdcsDescription, OdcsPrice, OdcsSlaProperty, OdcsSupportChannel, OdcsTeam, OdcsTeamMember } from './odcs.ts'
import { authoritativeDefinitions, customProperties, roles, tags } from './read-common.ts'
import { schemaObjects } from './read-schema.ts'
import { servers } from './read-server.ts'
import { anyValue, listOf, number, oneOf, text, type Reader } from './reader.ts'
import { optional, record, required } from './record-reader.ts'
import { reportWrongType } from './wrong-type.ts'

const description = record<OdcsDescription>(
  { name: 'a description' },
  {
    usage: optional(text),
    purpose: optional(text),
    limitations: optional(text),
    authoritativeDefinitions: optional(authoritativeDefinitions),
    customProperties: optional(customProperties),
  },
)

const supportChannels = listOf(
  record<OdcsSupportChannel>(
    { name: 'a support channel' },
    {
      id: optional(text),
      channel: required(text),
      url: optional(text),
      description: optional(text),
      tool: optional(text),
      scope: optional(text),
      invitationUrl: optional(text),
      customProperties: optional(customProperties),
    },
  ),
)

const price = record<OdcsPrice>(
  { name: 'a price' },
  {
    id: optional(text),
    priceAmount: optional(number),
    priceCurrency: optional(text),
    priceUnit: optional(text),
  },
)

const teamMembers = listOf(
  record<OdcsTeamMember>(
    { name: 'a team member' },
    {
      id: optional(text),
      username: optional(text),
      name: optional(text),
      description: optional(text),
      role: optional(text),
      dateIn: optional(text),
      dateOut: optional(text),
      replacedByUsername: optional(text),
      tags: optional(tags),
      customProperties: optional(customProperties),
      authoritativeDefinitions: optional(authoritativeDefinitions),
    },
  ),
)

const teamRecord = record<OdcsTeam>(
  { name: 'a team' },
  {
    id: optional(text),
    name: optional(text),
    description: optional(text),
    members: optional(teamMembers),
    tags: optional(tags),
    customProperties: optional(customProperties),
    authoritativeDefinitions: optional(authoritativeDefinitions),
  },
)

/** v3.0 wrote the members themselves; both forms become the record of v3.1. */
const team: Reader<OdcsTeam> = {
  expected: 'a team with `members`, or a list of members',
  read(node, path, context) {
    if (node.kind === 'record') return teamRecord.read(node, path, context)
    if (node.kind === 'scalar') return reportWrongType(this.expected, node, path, context)
    const members = teamMembers.read(node, path, context)
    return members === undefined ? undefined : { members }
  },
}

const slaProperties = listOf(
  record<OdcsSlaProperty>(
    { name: 'a service level', renamed: { column: 'element' } },
    {
      id: optional(text),
      property: required(text),
      value: required(anyValue),
      valueExt: optional(anyValue),
      unit: optional(text),
      element: optional(text),
      driver: optional(text),
      description: optional(text),
      scheduler: optional(text),
      schedule: optional(text),
    },
  ),
)

/** What version 2 of the standard called these keys. */
const RENAMED = {
  uuid: 'id',
  quantumName: 'dataProduct',
  datasetDomain: 'domain',
  dataset: 'schema',
  models: 'schema',
  stakeholders: 'team',
  slaDefaultColumn: 'slaDefaultElement',
  standardVersion: 'apiVersion',
}

const FALLBACK = { apiVersion: 'v3.1.0', kind: 'DataContract', id: 'unnamed', version: '0.0.0', status: 'draft' } as const

/** The whole document. */
export const contractReader: Reader<OdcsContract> = record<OdcsContract>(
  { name: 'a contract', renamed: RENAMED, fallback: FALLBACK },
  {
    apiVersion: required(text),
    kind: required(oneOf(['DataContract'], 'it tells a data contract from other documents')),
    id: required(text),
    version: required(text),
    status: required(text),
    name: optional(text),
    tenant: optional(text),
    tags: optional(tags),
    servers: optional(servers),
    dataProduct: optional(text),
    description: optional(description),
    domain: optional(text),
    schema: optional(schemaObjects),
    support: optional(supportChannels),
    price: optional(price),
    team: optional(team),
    roles: optional(roles),
    slaDefaultElement: optional(text),
    slaProperties: optional(slaProperties),
    authoritativeDefinitions: optional(authoritativeDefinitions),
    customProperties: optional(customProperties),
    contractCreatedTs: optional(text),
  },
)
