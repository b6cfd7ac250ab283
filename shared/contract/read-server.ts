import type { OdcsServer } from './odcs-server.ts'
import { customProperties, roles } from './read-common.ts'
import { integer, listOf, text } from './reader.ts'
import { optional, record, required } from './record-reader.ts'

export const servers = listOf(
  record<OdcsServer>(
    { name: 'a server' },
    {
      id: optional(text),
      server: required(text),
      type: required(text),
      description: optional(text),
      environment: optional(text),
      roles: optional(roles),
      customProperties: optional(customProperties),
      account: optional(text),
      catalog: optional(text),
      database: optional(text),
      dataset: optional(text),
      delimiter: optional(text),
      endpointUrl: optional(text),
      format: optional(text),
      host: optional(text),
      location: optional(text),
      path: optional(text),
      port: optional(integer),
      project: optional(text),
      region: optional(text),
      regionName: optional(text),
      schema: optional(text),
      serviceName: optional(text),
      stagingDir: optional(text),
      stream: optional(text),
      warehouse: optional(text),
      workgroup: optional(text),
    },
  ),
)
