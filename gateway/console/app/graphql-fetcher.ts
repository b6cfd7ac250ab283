import type { Fetcher } from '@graphiql/toolkit'
import type { Session } from './sign-in.ts'

/** Sends operations to this gateway with the session's token; `onRefused` is called when the token is no longer taken. */
export function createGraphqlFetcher(session: Session, onRefused: () => void): Fetcher {
  return async (parameters, options) => {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { ...options?.headers, 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${session.accessToken}` },
      body: JSON.stringify(parameters),
    })
    if (response.status === 401) onRefused()
    return await response.json()
  }
}
