import type { OdcsCustomProperty, OdcsRole } from './odcs-common.ts'

/** Where the data lies: the fields of every server type of the standard, of which each type uses some. */
export interface OdcsServer {
  readonly id?: string
  readonly server: string
  readonly type: string
  readonly description?: string
  readonly environment?: string
  readonly roles?: readonly OdcsRole[]
  readonly customProperties?: readonly OdcsCustomProperty[]
  readonly account?: string
  readonly catalog?: string
  readonly database?: string
  readonly dataset?: string
  readonly delimiter?: string
  readonly endpointUrl?: string
  readonly format?: string
  readonly host?: string
  readonly location?: string
  readonly path?: string
  readonly port?: number
  readonly project?: string
  readonly region?: string
  readonly regionName?: string
  readonly schema?: string
  readonly serviceName?: string
  readonly stagingDir?: string
  readonly stream?: string
  readonly warehouse?: string
  /** Athena, v3.2.0. */
  readonly workgroup?: string
}
