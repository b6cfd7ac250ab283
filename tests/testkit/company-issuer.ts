import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ACCESS_TOKEN_AUDIENCE, ISSUER_ALGORITHM, loadIssuerKeys, signPersonaToken } from '../../gateway/issuer/index.ts'

/** A company's issuer of tokens as a gateway sees it: an address with keys. */
export interface CompanyIssuer extends AsyncDisposable {
  /** Its line of `issuers` in mesh.yaml. */
  readonly meshYaml: string
  readonly token: (subject: string, scopes: readonly string[]) => Promise<string>
}

export async function startCompanyIssuer(keysDir: string): Promise<CompanyIssuer> {
  const keys = await loadIssuerKeys(keysDir)
  const jwks = { keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) }
  const server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    meshYaml: `issuers: [{ issuer: '${issuer}', audience: ${ACCESS_TOKEN_AUDIENCE}, jwksUrl: '${issuer}/jwks', algorithms: [${ISSUER_ALGORITHM}] }]`,
    token: async (subject, scopes) => await signPersonaToken({ id: subject, summary: '', scopes, roles: [], claims: {} }, { issuer, keys }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => { server.close(resolve) })
    },
  }
}
