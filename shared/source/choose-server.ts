import type { DataProduct, ProductServer } from '../contract/index.ts'

/** A server that a source exists for. */
export type RunnableServer = Exclude<ProductServer, { readonly kind: 'unsupported' }>

/** The server that a product is read from: of the environment asked for, else the first that we can read at all. */
export function chooseServer(product: DataProduct, environment: string | undefined): RunnableServer | undefined {
  const runnable = product.servers.filter((server): server is RunnableServer => server.kind !== 'unsupported')
  return runnable.find((server) => environment !== undefined && server.environment === environment) ?? runnable[0]
}
