import type { Fetcher } from '@graphiql/toolkit'
import type { Session } from './sign-in.ts'

/** An operation as GraphQL over HTTP sends it. */
interface SentOperation {
  readonly parameters: object
  readonly headers?: Readonly<Record<string, unknown>> | undefined
}

/** Sends an operation to this gateway with the session's token; `onRefused` is called when the token is no longer taken. */
export async function sendOperation(session: Session, { parameters, headers }: SentOperation, onRefused: () => void): Promise<unknown> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { ...headers as Readonly<Record<string, string>> | undefined, 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${session.accessToken}` },
    body: JSON.stringify(parameters),
  })
  if (response.status === 401) onRefused()
  return await response.json() as unknown
}

/** The same for the editor. */
export function createGraphqlFetcher(session: Session, onRefused: () => void): Fetcher {
  return async (parameters, options) => await sendOperation(session, { parameters, headers: options?.headers }, onRefused) as Awaited<ReturnType<Fetcher>>
}
